import { describe, expect, it } from 'vitest'
import { littleEndianBytes } from '@quorate/shared/bytes/float32'
import { sha256Hex } from '@quorate/shared/bytes/sha256'
import { applyVerdict } from '@quorate/shared/methods/apply'
import { createMethod } from '@quorate/shared/methods/create'
import type { ContributorTerms, Settlement, Verdict } from '@quorate/shared/methods/method'
import { layoutOf } from '@quorate/shared/model/layout'
import type { RunSettingsInput } from '@quorate/shared/run/settings'
import { runSettings } from '@quorate/shared/run/settings'
import { sliceRanges } from '@quorate/shared/tally/slices'
import { encodeCheckpoint } from '@quorate/shared/wire/checkpoint'
import { encodeChunk } from '@quorate/shared/wire/chunk'
import { encodeVerdict } from '@quorate/shared/wire/verdict'
import type { CastOrder, CastResult, RunInfo } from '../session/ports.ts'
import type { BatchGradient, GradientEngine } from './engine.ts'
import { TrainerError } from './errors.ts'
import { LocalTrainer } from './trainer.ts'

/** Softmax regression on 4 × 8 pixels and 3 classes: d = 99, two blocks of 64, two slices. */
const input = [4, 8, 1] as const
const classes = 3
const d = 99
const block = 64
const contributor = 5
const layout = layoutOf({ kind: 'softmax' }, { input, classes })

function runInfo(settings: Partial<RunSettingsInput> = {}, id = 'r'): RunInfo {
  return {
    id,
    number: 7,
    settings: runSettings.parse({
      name: 'n',
      dataSet: 'test',
      seed: 42,
      rounds: 100,
      model: { kind: 'softmax' },
      method: { id: 'ef-vote' },
      partition: { kind: 'iid' },
      shards: 2,
      batch: 4,
      learningRate: 0.01,
      block,
      ...settings,
    }),
    input: [...input],
    classes,
    d,
  }
}

type Step = (x: Float32Array, inputs: Float32Array, labels: Uint8Array) => BatchGradient

/** Anything that depends on the point, the records and the labels. */
const someGradient: Step = (x, inputs, labels) => {
  const sum = labels.reduce((total, label) => total + label, 0)
  return {
    gradient: x.map((value, i) => value + Math.sin(i + sum) + (inputs[i % inputs.length] ?? 0)),
    loss: sum,
  }
}

class ScriptedEngine implements GradientEngine {
  step: Step = someGradient
  prepared = 0
  disposed = false
  readonly seen: { x: Float32Array; inputs: Float32Array; labels: Uint8Array }[] = []

  async prepare() {
    this.prepared += 1
    return { backend: 'cpu', stepMs: {}, why: 'a script' } as const
  }

  async gradient(x: Float32Array, inputs: Float32Array, labels: Uint8Array) {
    this.seen.push({ x: x.slice(), inputs, labels })
    return this.step(x, inputs, labels)
  }

  dispose(): void {
    this.disposed = true
  }
}

/** Chunk `salt` of ten records whose every pixel is 10 · record + salt. */
function chunk(salt: number): Uint8Array {
  const features = Uint8Array.from({ length: 320 }, (_, i) => Math.floor(i / 32) * 10 + salt)
  return encodeChunk({
    records: 10,
    labels: Uint8Array.from({ length: 10 }, (_, i) => i % classes),
    features,
  })
}

const initial = Float32Array.from({ length: d }, (_, i) => Math.cos(i))
const units = Uint8Array.of(180, 176)
const checkpoint = (round = 0, announced: Uint8Array | null = units) =>
  encodeCheckpoint({ round, parameters: initial, units: announced })

const draws = [
  { shard: 0, chunks: ['a', 'b'] },
  { shard: 1, chunks: ['c'] },
]
const order = (over: Partial<CastOrder> = {}): CastOrder => ({
  round: 0,
  attempt: 1,
  learningRate: Math.fround(0.01),
  slices: 2,
  share: 1,
  batch: 4,
  draws,
  ...over,
})

async function ready(settings: Partial<RunSettingsInput> = {}) {
  const engine = new ScriptedEngine()
  const trainer = new LocalTrainer(engine, () => 0)
  await trainer.prepare(runInfo(settings), contributor)
  await trainer.loadCheckpoint(checkpoint())
  for (const [salt, digest] of ['a', 'b', 'c'].entries())
    await trainer.addChunk(digest, chunk(salt))
  return { engine, trainer }
}

function ballotOf(result: CastResult) {
  if (result.kind !== 'cast') throw new Error(`abstained: ${result.detail}`)
  return result.sent
}

const shape = { run: 7, d, block }
const signs = Uint32Array.from({ length: Math.ceil(d / 32) }, (_, i) =>
  i === 3 ? 5 : 0x5a5a5a5a + i,
)
const verdict = (over: Partial<Verdict> = {}): Verdict =>
  ({
    kind: 'signs',
    step: Math.fround(0.01),
    signs,
    valid: [true, true],
    nextUnits: units,
    ...over,
  }) as Verdict
const frame = (round: number, over: Partial<Verdict> = {}) =>
  encodeVerdict(shape, { round, attempt: round + 1 }, verdict(over))

const digestOf = (x: Float32Array) => sha256Hex(littleEndianBytes(x))

describe('replica', () => {
  it('follows the frames from a checkpoint, to the bit', async () => {
    const { trainer } = await ready()
    const expected = initial.slice()
    expect(await trainer.digest()).toEqual({ round: 0, digest: digestOf(expected) })
    for (const [round, over] of [
      {},
      { valid: [false, true] },
      { step: Math.fround(0.3) },
    ].entries()) {
      expect(await trainer.applyVerdict(frame(round, over))).toEqual({ round: round + 1 })
      applyVerdict(expected, verdict(over), sliceRanges(d, block, 2), block)
    }
    expect(await trainer.digest()).toEqual({ round: 3, digest: digestOf(expected) })
    expect(await trainer.parameters()).toEqual(expected)
  })

  it('ignores frames of rounds already applied', async () => {
    const { trainer } = await ready()
    await trainer.applyVerdict(frame(0))
    const before = await trainer.digest()
    expect(await trainer.applyVerdict(frame(0))).toEqual({ round: 1 })
    expect(await trainer.digest()).toEqual(before)
  })

  it('rejects a gap and stays where it is', async () => {
    const { trainer } = await ready()
    await expect(trainer.applyVerdict(frame(1))).rejects.toMatchObject({ code: 'LEDGER_GAP' })
    expect((await trainer.digest()).round).toBe(0)
  })

  it('takes units from an announcement without advancing', async () => {
    const { engine, trainer } = await ready()
    await trainer.loadCheckpoint(checkpoint(0, null))
    const announced = encodeVerdict(
      shape,
      { round: 0, attempt: 1 },
      {
        kind: 'none',
        valid: [true],
        nextUnits: units,
      },
    )
    expect(await trainer.applyVerdict(announced)).toEqual({ round: 0 })
    const [cast, same] = [await trainer.cast(order()), await (await ready()).trainer.cast(order())]
    expect(cast).toEqual(same)
    expect(engine.seen).toHaveLength(1)
  })

  it('hands out copies of its parameters', async () => {
    const { trainer } = await ready()
    ;(await trainer.parameters()).fill(0)
    expect((await trainer.digest()).digest).toBe(digestOf(initial))
  })

  it('refuses the checkpoint and the verdict of another run', async () => {
    const { trainer } = await ready()
    const other = encodeCheckpoint({ round: 0, parameters: new Float32Array(d + 1), units: null })
    await expect(trainer.loadCheckpoint(other)).rejects.toHaveProperty('code')
    const otherRun = encodeVerdict({ ...shape, run: 8 }, { round: 0, attempt: 1 }, verdict())
    await expect(trainer.applyVerdict(otherRun)).rejects.toHaveProperty('code')
    expect((await trainer.digest()).digest).toBe(digestOf(initial))
  })
})

describe('batches', () => {
  it('are the same for the same round, others for the next, equally from each shard', async () => {
    const [one, two] = [await ready(), await ready()]
    for (const { trainer } of [one, two]) {
      expect(await trainer.cast(order())).toMatchObject({ kind: 'cast' })
      await trainer.applyVerdict(frame(0))
      await trainer.cast(order({ round: 1, attempt: 2 }))
    }
    expect(one.engine.seen).toEqual(two.engine.seen)
    const [first, second] = one.engine.seen
    expect(first?.inputs).not.toEqual(second?.inputs)
    const salts = (inputs: Float32Array = new Float32Array()) =>
      [0, 1, 2, 3].map((record) => Math.round((inputs[record * 32] ?? 0) * 255) % 10)
    expect(salts(first?.inputs).filter((salt) => salt === 2)).toHaveLength(2)
  })

  it('scale features to 0..1 and keep each record with its label', async () => {
    const { engine, trainer } = await ready()
    await trainer.cast(order({ batch: 200 }))
    const { inputs, labels } = engine.seen[0] ?? { inputs: new Float32Array(), labels: [] }
    expect(labels).toHaveLength(200)
    labels.forEach((label, record) => {
      const pixel = (inputs[record * 32] ?? 0) * 255
      expect(inputs[record * 32]).toBe(Math.fround(Math.round(pixel) / 255))
      expect(label).toBe(Math.floor(Math.round(pixel) / 10) % classes)
    })
  })

  it('cannot be drawn from chunks that were not added, or were dropped', async () => {
    const { trainer } = await ready()
    await trainer.keepChunks(['a', 'c'])
    await expect(trainer.cast(order())).rejects.toMatchObject({ code: 'CHUNK_MISSING' })
    await expect(trainer.cast(order({ draws: [] }))).rejects.toMatchObject({
      code: 'CHUNK_MISSING',
    })
    const kept = order({ draws: [{ shard: 0, chunks: ['a'] }] })
    expect(await trainer.cast(kept)).toMatchObject({ kind: 'cast' })
    await expect(trainer.addChunk('d', new Uint8Array(9))).rejects.toHaveProperty('code')
  })
})

describe('ballots', () => {
  const method = createMethod(runInfo().settings.method, layout, block).contributor
  const terms = (round: number): ContributorTerms => ({
    runSeed: 42,
    round,
    contributor,
    block,
    slices: sliceRanges(d, block, 2),
    learningRate: Math.fround(0.01),
    units,
  })

  it.each<[string, Settlement | null]>([
    ['counted', { kind: 'decided', counted: [true, true] }],
    ['counted in one slice', { kind: 'decided', counted: [true, false] }],
    ['not counted', { kind: 'decided', counted: [false, false] }],
    ['of a void round', { kind: 'void' }],
    ['never settled', null],
  ])('that were %s leave the state that the method says', async (_, settlement) => {
    const { engine, trainer } = await ready()
    const state = method.init()
    const gradients: Float32Array[] = []
    engine.step = (x, inputs, labels) => {
      const computed = someGradient(x, inputs, labels)
      gradients.push(computed.gradient.slice())
      return computed
    }
    const first = ballotOf(await trainer.cast(order()))
    if (settlement) await trainer.settle(1, settlement)
    await trainer.applyVerdict(frame(0))
    const second = ballotOf(await trainer.cast(order({ round: 1, attempt: 2 })))

    const [g0, g1] = gradients as [Float32Array, Float32Array]
    const reference = method.cast(state, g0, terms(0))
    expect(first).toEqual(reference.sent)
    if (settlement) method.settle(state, reference.pending, settlement, terms(0))
    expect(second).toEqual(method.cast(state, g1, terms(1)).sent)
  })

  it('survive a new checkpoint as far as they were settled, and only so far', async () => {
    const { trainer } = await ready()
    const kept = await ready()
    for (const one of [trainer, kept.trainer]) {
      await one.cast(order())
      await one.settle(1, { kind: 'decided', counted: [true, true] })
      await one.cast(order({ attempt: 2 }))
    }
    await trainer.loadCheckpoint(checkpoint())
    await trainer.settle(2, { kind: 'decided', counted: [true, true] }) // forgotten
    expect(await trainer.cast(order({ attempt: 3 }))).toEqual(
      await kept.trainer.cast(order({ attempt: 3 })),
    )
  })

  it('keep their state when the same run is prepared again, and lose it with another', async () => {
    const { engine, trainer } = await ready()
    const fresh = await ready()
    const clean = await fresh.trainer.cast(order({ attempt: 2 }))
    await trainer.cast(order())
    await trainer.settle(1, { kind: 'decided', counted: [true, true] })
    await trainer.prepare(runInfo(), contributor)
    expect(engine.prepared).toBe(1)
    expect(await trainer.cast(order({ attempt: 2 }))).not.toEqual(clean)
    await trainer.prepare(runInfo({}, 'other'), contributor)
    await expect(trainer.cast(order())).rejects.toMatchObject({ code: 'NOT_PREPARED' })
    await trainer.loadCheckpoint(checkpoint())
    for (const [salt, digest] of ['a', 'b', 'c'].entries())
      await trainer.addChunk(digest, chunk(salt))
    expect(await trainer.cast(order({ attempt: 2 }))).toEqual(clean)
  })

  it('wait for their settlement, the last four of them', async () => {
    const { trainer } = await ready()
    const other = await ready()
    for (let attempt = 1; attempt <= 5; attempt++) await trainer.cast(order({ attempt }))
    await trainer.settle(1, { kind: 'decided', counted: [true, true] }) // dropped
    await other.trainer.cast(order({ attempt: 5 }))
    for (const one of [trainer, other.trainer]) {
      await one.settle(5, { kind: 'decided', counted: [true, true] })
    }
    expect(await trainer.cast(order({ attempt: 6 }))).toEqual(
      await other.trainer.cast(order({ attempt: 6 })),
    )
  })

  it.each([NaN, Infinity, -Infinity])('are not cast on a gradient with %s in it', async (bad) => {
    const { engine, trainer } = await ready()
    engine.step = (...args) => {
      const computed = someGradient(...args)
      computed.gradient[98] = bad
      return computed
    }
    expect(await trainer.cast(order())).toMatchObject({ kind: 'abstain', reason: 'non-finite' })
    expect(await trainer.loudness(order())).toBe(null)
    engine.step = someGradient
    expect(await trainer.cast(order())).toEqual(await (await ready()).trainer.cast(order()))
  })

  it('are not cast when the engine fails, which is told; a lost backend rejects', async () => {
    const { engine, trainer } = await ready()
    engine.step = () => {
      throw new Error('the GPU is gone')
    }
    expect(await trainer.cast(order())).toEqual({
      kind: 'abstain',
      reason: 'failed',
      detail: 'Error: the GPU is gone',
    })
    engine.step = () => {
      throw new TrainerError('BACKEND_LOST', 'three times')
    }
    await expect(trainer.cast(order())).rejects.toMatchObject({ code: 'BACKEND_LOST' })
  })

  it('are cast only at the round where the replica stands', async () => {
    const { trainer } = await ready()
    await expect(trainer.cast(order({ round: 1 }))).rejects.toMatchObject({ code: 'WRONG_ROUND' })
    const empty = new LocalTrainer(new ScriptedEngine(), () => 0)
    await expect(empty.cast(order())).rejects.toMatchObject({ code: 'NOT_PREPARED' })
  })
})

describe('direction', () => {
  /** Contributors report the mean size of the gradient: what the method was handed. */
  async function loudness(settings: Partial<RunSettingsInput>, step: Step, share = 1) {
    const { engine, trainer } = await ready(settings)
    engine.step = step
    return { engine, trainer, value: await trainer.loudness(order({ share })) }
  }
  const constant: Step = () => ({ gradient: new Float32Array(d).fill(2), loss: 1 })

  it('is the gradient times the share', async () => {
    expect((await loudness({}, constant, 1)).value).toBeCloseTo(2, 6)
    expect((await loudness({}, constant, 0.25)).value).toBeCloseTo(0.5, 6)
  })

  it('has the weight decay of the point added', async () => {
    // |2 + x/2| has no sign to lose, as |x| ≤ 1.
    const mean = (x: Float32Array) => x.reduce((sum, value) => sum + 2 + 0.5 * value, 0) / x.length
    const expected = (mean(initial.subarray(0, 64)) + mean(initial.subarray(64))) / 2
    expect((await loudness({ weightDecay: 0.5 }, constant)).value).toBeCloseTo(expected, 6)
  })

  it('of H local steps is their displacement over the local rate, each step on a new batch', async () => {
    const settings = { localSteps: 3, localLearningRate: 0.1 }
    // f = x²/2 from x_0: after h steps x = 0.9^h x_0, and the displacement is (1 − 0.9³) x_0 / 0.1.
    const parabola: Step = (x) => ({ gradient: x.slice(), loss: 1 })
    const { engine, trainer, value } = await loudness(settings, parabola)
    const one = (await loudness({}, parabola)).value ?? NaN
    expect(value).toBeCloseTo(one * ((1 - 0.9 ** 3) / 0.1), 5)
    expect(engine.seen.map(({ x }) => x[0])).toEqual([
      initial[0],
      expect.closeTo(0.9 * (initial[0] ?? 0), 6),
      expect.closeTo(0.81 * (initial[0] ?? 0), 6),
    ])
    expect(new Set(engine.seen.map(({ inputs }) => inputs.join())).size).toBe(3)
    expect((await trainer.digest()).digest, 'the replica itself stays').toBe(digestOf(initial))
  })

  it('tells the mean loss and answers in the order of the calls', async () => {
    const { engine, trainer } = await ready({ localSteps: 2 })
    let loss = 1
    engine.step = (x) => ({ gradient: x.slice(), loss: loss++ })
    const order2 = { round: 1, attempt: 2 }
    const [first, , second] = await Promise.all([
      trainer.cast(order()),
      trainer.applyVerdict(frame(0)),
      trainer.cast(order(order2)),
    ])
    expect(first).toMatchObject({ kind: 'cast', loss: 1.5 })
    expect(second).toMatchObject({ kind: 'cast', loss: 3.5 })
    trainer.close()
    expect(engine.disposed).toBe(true)
  })
})

describe('a batch that was gathered ahead of time', () => {
  /** Two trainers of the same things, of which the first looks ahead. */
  async function pair(settings: Partial<RunSettingsInput> = {}) {
    const [ahead, plain] = [await ready(settings), await ready(settings)]
    const uploaded: Float32Array[] = []
    const engine: GradientEngine = ahead.engine
    engine.upload = (inputs) => void uploaded.push(inputs)
    return { ahead, plain, uploaded }
  }

  it.each([
    ['ef-vote', { method: { id: 'ef-vote' } }],
    [
      'signsgd-mv with shared data',
      { method: { id: 'signsgd-mv' }, partition: { kind: 'shared' }, shards: 1 },
    ],
    ['fedavg of three steps', { method: { id: 'fedavg' }, localSteps: 3 }],
  ] as const)('changes no result of %s, and is the one that is used', async (_, settings) => {
    const { ahead, plain, uploaded } = await pair(settings)
    for (let round = 0; round < 4; round++) {
      const now = order({ round, attempt: round + 1 })
      expect(await ahead.trainer.cast(now)).toEqual(await plain.trainer.cast(now))
      if (round > 0) {
        const steps = ahead.engine.seen.length / (round + 1)
        expect(ahead.engine.seen[steps * round]?.inputs).toBe(uploaded.at(-1))
      }
      await ahead.trainer.prefetch({ ...now, round: round + 1 })
      for (const { trainer } of [ahead, plain]) {
        await trainer.settle(round + 1, { kind: 'decided', counted: [true, true] })
        await trainer.applyVerdict(frame(round))
      }
    }
    expect(uploaded).toHaveLength(4)
    expect(await ahead.trainer.digest()).toEqual(await plain.trainer.digest())
  })

  it.each<[string, Partial<CastOrder>]>([
    ['of another size', { batch: 3 }],
    ['of other chunks', { draws: [{ shard: 0, chunks: ['a'] }] }],
    ['of other shards', { draws: [{ shard: 1, chunks: ['a', 'b'] }] }],
  ])('is not used for one %s', async (_, over) => {
    const { ahead, plain, uploaded } = await pair()
    await ahead.trainer.prefetch(order())
    const asked = order(over)
    expect(await ahead.trainer.cast(asked)).toEqual(await plain.trainer.cast(asked))
    expect(ahead.engine.seen[0]?.inputs).not.toBe(uploaded[0])
    expect(ahead.engine.seen[0]?.inputs).toEqual(plain.engine.seen[0]?.inputs)
  })

  it('is dropped with the lease, and none is gathered of chunks that have gone', async () => {
    const { ahead, plain, uploaded } = await pair()
    await ahead.trainer.prefetch(order())
    await ahead.trainer.keepChunks(['a', 'b', 'c'])
    expect(await ahead.trainer.cast(order())).toEqual(await plain.trainer.cast(order()))
    expect(ahead.engine.seen[0]?.inputs).not.toBe(uploaded[0])
    await ahead.trainer.keepChunks(['a'])
    await ahead.trainer.prefetch(order())
    expect(uploaded).toHaveLength(1)
    const rest = order({ draws: [{ shard: 0, chunks: ['a'] }], attempt: 2 })
    await plain.trainer.settle(1, { kind: 'void' })
    await ahead.trainer.settle(1, { kind: 'void' })
    expect(await ahead.trainer.cast(rest)).toEqual(await plain.trainer.cast(rest))
  })
})
