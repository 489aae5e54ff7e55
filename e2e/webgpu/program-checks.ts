/** Our programs on a WebGPU device, held to the plain TypeScript. */
import { createMethod } from '@quorate/shared/methods/create'
import { applyVerdict } from '@quorate/shared/methods/apply'
import type {
  ContributorTerms,
  Settlement,
  Verdict,
  VerdictStep,
} from '@quorate/shared/methods/method'
import type { MethodSettings } from '@quorate/shared/methods/settings'
import { methodSettings, sendsVectors } from '@quorate/shared/methods/settings'
import { generator } from '@quorate/shared/random/generator'
import { philox } from '@quorate/shared/random/philox'
import { signWordCount } from '@quorate/shared/sign/pack'
import { blockCount, sliceRanges } from '@quorate/shared/tally/slices'
import { APPLY } from '@quorate/client/webgpu/apply-program'
import { Compute, parameterWords } from '@quorate/client/webgpu/compute'
import type { Program } from '@quorate/client/webgpu/compute'
import { DeviceParameters } from '@quorate/client/webgpu/device-parameters'
import { DeviceSsdm } from '@quorate/client/webgpu/device-ssdm'
import { DeviceVote } from '@quorate/client/webgpu/device-vote'
import { PHILOX_WGSL } from '@quorate/client/webgpu/wgsl/philox'
import { TILES_WGSL } from '@quorate/client/webgpu/wgsl/tiles'
import { same } from './same.ts'

export const programChecks = {
  'Philox gives the words that it gives in TypeScript': philoxWords,
  'any two floats are subtracted to the same bits as by the plain rule': subtractions,
  'verdicts of every kind move parameters to the same bits as in memory': verdicts,
  'the ballots of signsgd-mv are those made in memory': () => ballots({ id: 'signsgd-mv' }),
  'the ballots of signum-mv are those made in memory': () => ballots({ id: 'signum-mv' }),
  'the ballots of ef-vote are those made in memory': async () => {
    await ballots({ id: 'ef-vote' })
    await ballots({ id: 'ef-vote' }, QUARTERS)
  },
  'the ballots of ef-vote with the scaled down-link are those made in memory': async () => {
    await ballots({ id: 'ef-vote', down: 'scaled' }, { block: 64 })
    await ballots({ id: 'ef-vote', down: 'scaled' }, { ...QUARTERS, block: 64 })
  },
  'the ballots of ef-vote that clips bursts are those made in memory': async () => {
    await ballots({ id: 'ef-vote', clip: 2 }, { zeros: false, bursts: true })
  },
  'the ballots of sto-sign are those made in memory': () => ballots({ id: 'sto-sign', bound: 2 }),
  'the ballots of noisy-signsgd are those made in memory': () =>
    ballots({ id: 'noisy-signsgd', noise: 1 }, { apart: 5e-3 }),
  'the ballots of z-sign-fedavg are those made in memory': async () => {
    await ballots({ id: 'z-sign-fedavg', sigma: 1, distribution: 'uniform' })
    await ballots({ id: 'z-sign-fedavg', sigma: 1 }, { apart: 5e-3 })
  },
  'the ballots of ssdm are those made in memory': () => ballots({ id: 'ssdm' }),
  'the ballots of ssdm with a norm for each tensor are those made in memory': () =>
    ballots({ id: 'ssdm', norm: 'linf-block' }, { block: 64 }),
  'what is not finite is found, and changes nothing': notFinite,
}

/** A device for one check; whatever it complains about fails the check. */
async function withCompute(work: (compute: Compute) => Promise<void>): Promise<void> {
  const adapter = await navigator.gpu.requestAdapter()
  if (!adapter) throw new Error('no adapter')
  const device = await adapter.requestDevice()
  const complaints: string[] = []
  device.addEventListener('uncapturederror', ({ error }) => complaints.push(error.message))
  const compute = new Compute(device)
  await work(compute)
  const held = compute.bufferCount
  compute.close()
  device.destroy()
  if (compute.bufferCount > 0) throw new Error(`${held} buffers, ${compute.bufferCount} kept`)
  if (complaints.length > 0) throw new Error(complaints.join('\n'))
}

async function philoxWords(): Promise<void> {
  const chance = generator(1)
  const count = 300
  const words = Uint32Array.from({ length: 6 * count }, (_, i) =>
    i < 6 ? 0 : i < 12 ? 0xffffffff : chance.uint32(),
  )
  const expected = new Uint32Array(4 * count)
  for (let n = 0; n < count; n++) {
    const [a = 0, b = 0, c = 0, d = 0, k0 = 0, k1 = 0] = words.subarray(6 * n)
    philox([a, b, c, d], [k0, k1], expected, 4 * n)
  }
  const program: Program = {
    name: 'philox',
    storage: ['read', 'write'],
    code: `${TILES_WGSL}${PHILOX_WGSL}
struct Parameters { count: u32 }
@group(0) @binding(0) var<uniform> parameters: Parameters;
@group(0) @binding(1) var<storage, read> given: array<u32>;
@group(0) @binding(2) var<storage, read_write> made: array<vec4<u32>>;
@compute @workgroup_size(TILE)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let n = id.x;
  if (n >= parameters.count) { return; }
  let counter = vec4<u32>(given[6u * n], given[6u * n + 1u], given[6u * n + 2u], given[6u * n + 3u]);
  made[n] = philox(counter, vec2<u32>(given[6u * n + 4u], given[6u * n + 5u]));
}`,
  }
  await withCompute(async (compute) => {
    await compute.compile([program])
    const [given, made] = [compute.buffer(words.length), compute.buffer(expected.length)]
    compute.write(given, words)
    const parameters = parameterWords([count])
    compute.run(program, { tiles: 2, parameters, storage: [given, made] })
    same('words', new Uint32Array(await compute.read(made, expected.length)), expected)
  })
}

/** Bits at which rounding, carries, exponents and subnormals turn. */
const EDGES = Uint32Array.from(
  [0, 1, 127, 254, 0x70, 0x7f, 24, 25, 26, 27, 28].flatMap((exponent) =>
    [0, 1, 2, 3, 0x3fffff, 0x400000, 0x400001, 0x7ffffe, 0x7fffff].flatMap((fraction) =>
      [0, 0x80000000].map((sign) => (sign | (exponent << 23) | fraction) >>> 0),
    ),
  ),
)

async function subtractions(): Promise<void> {
  const chance = generator(2)
  const finite = () => {
    const bits = chance.uint32()
    return (bits & 0x7f800000) === 0x7f800000 ? bits & 0x807fffff : bits
  }
  /** Within a few binary places, where rounding and cancelling are. */
  const near = (bits: number) => {
    const shift = chance.below(60) - 30
    const exponent = Math.max(0, Math.min(254, ((bits >>> 23) & 0xff) + shift))
    return ((chance.uint32() & 0x807fffff) | (exponent << 23)) >>> 0
  }
  const pairs: [number, number][] = []
  for (const a of EDGES) for (const b of EDGES) pairs.push([a, b])
  for (let n = 0; n < 20_000; n++) {
    const a = finite()
    pairs.push(
      [a, finite()],
      [a, near(a)],
      [a, a ^ chance.below(4)],
      [near(EDGES[n % 198] ?? 0), a],
    )
  }
  const floats = (bits: number[]) => new Float32Array(Uint32Array.from(bits).buffer)
  const x = floats(pairs.map(([a]) => a))
  const steps = floats(pairs.map(([, b]) => b))
  const verdict: Verdict = { kind: 'dense', steps, valid: [true], nextUnits: null }
  await moves(x, verdict, { block: 64, slices: 1 })
}

/** Both ways from x, to the same bits; values at which they differ are told as bits. */
async function moves(
  x: Float32Array,
  verdict: Verdict,
  { block, slices: count }: { block: number; slices: number },
): Promise<void> {
  await withCompute(async (compute) => {
    const slices = sliceRanges(x.length, block, count)
    await compute.compile([APPLY])
    const device = new DeviceParameters(compute, { d: x.length, block })
    device.load(x)
    device.apply(verdict, slices)
    const expected = x.slice()
    applyVerdict(expected, verdict, slices, block)
    const moved = await device.read()
    same(verdict.kind, new Uint32Array(moved.buffer), new Uint32Array(expected.buffer))
  })
}

/** Ragged lengths: less than a word, than a block, than a tile; and more than some of each. */
const LENGTHS = [1, 31, 33, 64, 255, 256, 257, 1000, 5003]

async function verdicts(): Promise<void> {
  const chance = generator(3)
  for (const d of LENGTHS) {
    for (const block of [64, 256]) {
      const signs = Uint32Array.from({ length: signWordCount(d) }, () => chance.uint32())
      if (d % 32 > 0) signs[signs.length - 1] = (signs.at(-1) ?? 0) & (2 ** (d % 32) - 1)
      const x = Float32Array.from({ length: d }, (_, i) =>
        i % 7 === 0 ? ([0, -0, 1e-40, -1e-38, 2e-38][i % 5] ?? 0) : chance.normal(),
      )
      const blocks = blockCount(d, block)
      const slices = Math.min(3, blocks)
      const indices = Uint32Array.from({ length: Math.ceil(d / 3) }, (_, j) => 3 * j)
      const float = () => Math.fround(chance.normal() / 50)
      const ends = [...new Set([Math.ceil(d / 5), Math.ceil(d / 2), d])]
      const table = Float32Array.from({ length: 7 }, float)
      const steps: VerdictStep[] = [
        { kind: 'signs', step: Math.fround(0.003), signs },
        { kind: 'signs', step: Math.fround(1e-38), signs },
        {
          kind: 'signed',
          ends: Uint32Array.from(ends),
          steps: Float32Array.from(ends, float),
          signs,
        },
        {
          kind: 'scaled',
          steps: Uint8Array.from({ length: blocks }, () => chance.below(256)),
          signs,
        },
        { kind: 'dense', steps: Float32Array.from({ length: d }, float) },
        { kind: 'sparse', indices, steps: Float32Array.from(indices, float) },
        {
          kind: 'sums',
          sums: Int32Array.from({ length: d }, () => chance.below(7) - 3),
          tables: [table],
          tableOf: new Uint8Array(slices),
        },
      ]
      const valid = Array.from({ length: slices }, (_, j) => j !== 1)
      for (const step of steps) {
        await moves(x, { ...step, valid, nextUnits: null }, { block, slices })
      }
    }
  }
}

/** Settlements that a ballot meets, one after the other. */
const SETTLEMENTS: readonly (Settlement | null)[] = [
  { kind: 'decided', counted: [true, true] },
  { kind: 'decided', counted: [true, false] },
  { kind: 'void' },
  { kind: 'decided', counted: [false, false] },
  null,
  { kind: 'decided', counted: [true, true] },
  { kind: 'decided', counted: [false, true] },
]

interface BallotOptions {
  readonly block?: number
  /** Share of the signs that may differ: where the sum of gradient and noise is all but zero. */
  readonly apart?: number
  /** Grid bytes between the units of blocks and rounds. */
  readonly unitStep?: number
  /** Whether gradients have zeros. */
  readonly zeros?: boolean
  /** Whether every fifth gradient is a thousand times too large. */
  readonly bursts?: boolean
}

/**
 * Units that are no powers of two: what was sent is rounded in float32. Without zeros, of which
 * nothing would be owed there, and a last bit in memory, whose sign is then another coin's.
 */
const QUARTERS: BallotOptions = { unitStep: 1, zeros: false }

/**
 * Rounds of gradients with zeros, silent blocks and loud ones, on the device and in memory; what
 * was settled shows in the ballots that follow.
 */
async function ballots(
  given: { id: MethodSettings['id'] } & Record<string, unknown>,
  { block = 256, apart = 1e-3, unitStep = 4, zeros = true, bursts = false }: BallotOptions = {},
): Promise<void> {
  const settings = methodSettings.parse(given)
  if (sendsVectors(settings)) throw new Error('it does not vote')
  for (const d of [200, 1000, 5003]) {
    const split = Math.ceil(d / 3) + 5
    const tensors = [
      { offset: 0, size: split },
      { offset: split, size: d - split },
    ]
    const plain = createMethod(settings, { size: d, tensors }, block).contributor
    const plainState = plain.init()
    await withCompute(async (compute) => {
      const shape = { d, block, tensors }
      const device =
        settings.id === 'ssdm'
          ? new DeviceSsdm(compute, settings, shape)
          : new DeviceVote(compute, settings, shape)
      await compute.compile(device.programs)
      const [gradient, x] = [compute.buffer(d + 1), compute.buffer(d)]
      const chance = generator(4, d)
      let different = 0
      let signs = 0
      let heldBefore = 0
      for (const [n, settlement] of [...SETTLEMENTS, ...SETTLEMENTS, ...SETTLEMENTS].entries()) {
        const values = zeros
          ? someGradient(d, n, chance)
          : Float32Array.from({ length: d }, () => chance.normal() / 8)
        if (bursts && n % 5 === 4) values.forEach((value, i) => (values[i] = 1000 * value))
        const terms: ContributorTerms = {
          runSeed: 0xfedcba98,
          round: n,
          contributor: 3,
          block,
          slices: sliceRanges(d, block, 2),
          learningRate: Math.fround(0.7),
          units: Uint8Array.from(
            { length: blockCount(d, block) },
            (_, b) => 176 + unitStep * ((b + n) % 4),
          ),
        }
        compute.write(gradient, Float32Array.from([...values, 0.25 * n]))
        compute.write(
          x,
          Float32Array.from(values, (value) => value / 2),
        )
        const direction = values.map((value) => 0.5 * (value + 0.125 * (value / 2)))
        const loudness = plain.loudness(direction.slice(), terms)
        const onDevice = { gradient, x, share: 0.5, decay: 0.125 }
        close('loudness', await device.loudness(onDevice, terms), loudness)
        const { sent, pending } = plain.cast(plainState, direction, terms)
        const cast = await device.cast(onDevice, terms)
        if (cast.kind !== 'cast') throw new Error(`round ${n}: ${cast.kind}`)
        if (sent.kind !== 'ballot') throw new Error(sent.kind)
        const { ballot } = cast.pending
        same('loss', [cast.loss], [0.25 * n])
        same('weights', ballot.weights ?? [], sent.weights ?? [])
        sent.signs.forEach((word, at) => {
          different += bitCount(word ^ (ballot.signs[at] ?? NaN))
        })
        signs += d
        if (settlement) {
          device.settle(cast.pending, settlement, terms)
          plain.settle(plainState, pending, settlement, terms)
        } else device.release(cast.pending)
        if (n === 1) heldBefore = compute.bufferCount
      }
      if (different > apart * signs) {
        throw new Error(`d = ${d}: ${different} of ${signs} signs are others`)
      }
      same('buffers held', [compute.bufferCount], [heldBefore])
    })
  }
}

/** Zeros of both signs in a third, a silent half every fourth round, nothing at all every ninth. */
function someGradient(d: number, round: number, chance: { normal(): number }): Float32Array {
  return Float32Array.from({ length: d }, (_, i) => {
    const value = chance.normal() * (1 + (i % 600) / 200)
    if (round % 9 === 8 || (round % 4 === 3 && 2 * i < d)) return 0
    return i % 3 === 0 ? (i % 2 === 0 ? 0 : -0) : value / 8
  })
}

function close(what: string, actual: number | null, expected: number | null): void {
  const apart = Math.abs((actual ?? 0) - (expected ?? 0))
  if ((actual === null) === (expected === null) && apart <= 1e-6 * Math.abs(expected ?? 0)) return
  throw new Error(`${what}: ${actual} instead of ${expected}`)
}

function bitCount(word: number): number {
  let count = 0
  for (let rest = word; rest !== 0; rest &= rest - 1) count++
  return count
}

async function notFinite(): Promise<void> {
  const [d, block] = [777, 256]
  const tensors = [{ offset: 0, size: d }]
  for (const id of ['signsgd-mv', 'signum-mv', 'ef-vote', 'sto-sign', 'ssdm'] as const) {
    await withCompute(async (compute) => {
      const settings = methodSettings.parse({ id })
      if (sendsVectors(settings)) throw new Error('it does not vote')
      const shape = { d, block, tensors }
      const make = () =>
        settings.id === 'ssdm'
          ? new DeviceSsdm(compute, settings, shape)
          : new DeviceVote(compute, settings, shape)
      const [device, untouched] = [make(), make()]
      await compute.compile([...device.programs, ...untouched.programs])
      const [gradient, x] = [compute.buffer(d + 1), compute.buffer(d)]
      const terms: ContributorTerms = {
        ...{ runSeed: 1, round: 2, contributor: 3, block, learningRate: 1 },
        slices: sliceRanges(d, block, 1),
        units: Uint8Array.of(180, 180, 180, 180),
      }
      const direction = { gradient, x, share: 1, decay: 0 }
      const values = someGradient(d + 1, 0, generator(5))
      for (const [at, bad] of [NaN, Infinity, -Infinity].entries()) {
        const spoilt = values.slice()
        spoilt[at === 0 ? 0 : at === 1 ? d - 1 : 300] = bad
        compute.write(gradient, spoilt)
        const { kind } = await device.cast(direction, terms)
        if (kind !== 'non-finite') throw new Error(`${id}: ${bad} was ${kind}`)
        if ((await device.loudness(direction, terms)) !== null) throw new Error(`${id}: loud`)
      }
      compute.write(gradient, values)
      const [after, expected] = [
        await device.cast(direction, terms),
        await untouched.cast(direction, terms),
      ]
      if (after.kind !== 'cast' || expected.kind !== 'cast') throw new Error(id)
      same(`${id} afterwards`, after.pending.ballot.signs, expected.pending.ballot.signs)
    })
  }
}
