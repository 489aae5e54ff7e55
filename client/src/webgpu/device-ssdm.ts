import type {
  Ballot,
  ContributorTerms,
  RoundTerms,
  Settlement,
} from '@quorate/shared/methods/method'
import { countedSlices } from '@quorate/shared/methods/momentum'
import type { VotingSettings } from '@quorate/shared/methods/settings'
import { blocksOf } from '@quorate/shared/methods/shape'
import { DOMAINS } from '@quorate/shared/random/streams'
import { signWordCount } from '@quorate/shared/sign/pack'
import { blockCount } from '@quorate/shared/tally/slices'
import type { Compute, Program } from './compute.ts'
import { parameterWords } from './compute.ts'
import type {
  DeviceCast,
  DeviceDirection,
  DeviceMethod,
  DevicePending,
  DeviceShape,
} from './device-method.ts'
import { DeviceState } from './device-state.ts'
import { MEASURES, momentumProgram } from './momentum-program.ts'
import { RESULT, voteProgram, ZEROS } from './vote-program.ts'
import { tileCount } from './wgsl/tiles.ts'

type Settings = Extract<VotingSettings, { id: 'ssdm' }>

const DRAWN = voteProgram('relative', null)

/** What the first pass tells. */
interface Measured {
  readonly finite: boolean
  readonly loss: number
  /** Of m by segment: over the whole vector, or over each tensor. */
  readonly lengths: readonly number[]
}

/**
 * ssdm in two passes: momentum and what its norms are made of; and, with the norms added up in
 * float64, the signs.
 */
export class DeviceSsdm implements DeviceMethod {
  readonly programs: readonly Program[]
  readonly #compute: Compute
  readonly #settings: Settings
  readonly #shape: DeviceShape
  readonly #momentum: Program
  readonly #m: DeviceState
  /** 1 for blocks whose m has begun: before, m takes the gradient as it is. */
  readonly #begun: { readonly blocks: Uint32Array; readonly buffer: GPUBuffer }
  /** Ends of the segments that have a norm of their own. */
  readonly #ends: readonly number[]
  readonly #segments: GPUBuffer
  readonly #measures: { readonly buffer: GPUBuffer; readonly words: number }
  readonly #result: { readonly buffer: GPUBuffer; readonly words: number }
  readonly #nothing: { readonly read: GPUBuffer; readonly written: GPUBuffer }

  constructor(compute: Compute, settings: Settings, shape: DeviceShape) {
    const { d, block, tensors } = shape
    const whole = settings.norm === 'l2'
    this.#compute = compute
    this.#settings = settings
    this.#shape = shape
    this.#momentum = momentumProgram(whole ? 'tile' : 'segment', block)
    this.programs = [this.#momentum, DRAWN]
    this.#m = new DeviceState(compute, d)
    const blocks = blockCount(d, block)
    this.#begun = { blocks: new Uint32Array(blocks), buffer: compute.buffer(blocks) }
    this.#ends = whole ? [d] : tensors.map(({ offset, size }) => offset + size)
    this.#segments = compute.buffer(2 * this.#ends.length)
    const measures = MEASURES + (whole ? 3 * tileCount(d) : this.#ends.length)
    this.#measures = { buffer: compute.buffer(measures), words: measures }
    const result = RESULT.signs + signWordCount(d)
    this.#result = { buffer: compute.buffer(result), words: result }
    this.#nothing = { read: compute.buffer(1), written: compute.buffer(1) }
  }

  async cast(direction: DeviceDirection, terms: ContributorTerms): Promise<DeviceCast> {
    const state = this.#m.take()
    try {
      const { finite, loss, lengths } = await this.#measure(direction, state)
      if (!finite) {
        this.#m.release(state)
        return { kind: 'non-finite', loss }
      }
      const ballot = lengths.some((length) => length > 0)
        ? await this.#draw(state, lengths, terms)
        : this.#silence()
      return { kind: 'cast', loss, pending: { state, ballot, size: 0 } }
    } catch (error) {
      this.#m.release(state)
      throw error
    }
  }

  settle(pending: DevicePending, settlement: Settlement, terms: RoundTerms): void {
    const { state } = pending
    if (state) this.#m.commit(state, settlement, terms)
    for (const slice of countedSlices(settlement, terms.slices)) {
      for (const { b } of blocksOf(slice, this.#shape.block)) this.#begun.blocks[b] = 1
    }
    this.#compute.write(this.#begun.buffer, this.#begun.blocks)
    this.release(pending)
  }

  release({ state }: DevicePending): void {
    if (state) this.#m.release(state)
  }

  async loudness(): Promise<null> {
    return null
  }

  /** Writes the next momentum to `after`, and tells its norms. */
  async #measure(
    { gradient, x, share, decay }: DeviceDirection,
    after: GPUBuffer,
  ): Promise<Measured> {
    const { d } = this.#shape
    const { beta } = this.#settings
    const compute = this.#compute
    const { buffer, words } = this.#measures
    const parameters = parameterWords([
      d,
      this.#ends.length,
      ...[share, decay, 1 - beta, beta].map((float) => ({ float })),
    ])
    this.#writeSegments([])
    const read = await compute.checked(() => {
      compute.clear(buffer)
      compute.run(this.#momentum, {
        tiles: tileCount(d),
        parameters,
        storage: [
          ...[gradient, x, this.#m.values, this.#begun.buffer, this.#segments],
          ...[after, buffer],
        ],
      })
      return compute.read(buffer, words)
    })
    const floats = new Float32Array(read)
    const measures = floats.subarray(MEASURES)
    return {
      finite: new Uint32Array(read)[RESULT.flag] === 0,
      loss: floats[RESULT.loss] ?? NaN,
      lengths: this.#settings.norm === 'l2' ? [euclidean(measures)] : [...measures],
    }
  }

  async #draw(
    m: GPUBuffer,
    lengths: readonly number[],
    { runSeed, round, contributor }: ContributorTerms,
  ): Promise<Ballot> {
    const { d } = this.#shape
    const compute = this.#compute
    const { buffer, words } = this.#result
    const { read, written } = this.#nothing
    const parameters = parameterWords([
      ...[d, runSeed, round, contributor],
      ...[DOMAINS.stochasticSign, 0, ZEROS.minus, this.#ends.length],
      ...[1, 0, 0, 0].map((float) => ({ float })),
    ])
    this.#writeSegments(lengths)
    const result = await compute.checked(() => {
      compute.run(DRAWN, {
        tiles: tileCount(d),
        parameters,
        storage: [m, m, read, this.#segments, written, buffer],
      })
      return compute.read(buffer, words)
    })
    const signs = new Uint32Array(result).slice(RESULT.signs)
    return { kind: 'ballot', signs, weights: null }
  }

  /** An all-zero m votes 0, by weights of 0. */
  #silence(): Ballot {
    const { d, block } = this.#shape
    return {
      kind: 'ballot',
      signs: new Uint32Array(signWordCount(d)),
      weights: new Uint8Array(blockCount(d, block)),
    }
  }

  /** Pairs of an end and the bits of a length. */
  #writeSegments(lengths: readonly number[]): void {
    const pairs = new Uint32Array(2 * this.#ends.length)
    const floats = new Float32Array(pairs.buffer)
    this.#ends.forEach((end, k) => {
      pairs[2 * k] = end
      floats[2 * k + 1] = lengths[k] ?? 0
    })
    this.#compute.write(this.#segments, pairs)
  }
}

/** √Σm² from (largest, Σ(m/largest)², rest) of each tile, scaled so that nothing overflows. */
function euclidean(tiles: Float32Array): number {
  let largest = 0
  for (let at = 0; at < tiles.length; at += 3) largest = Math.max(largest, tiles[at] ?? 0)
  if (largest === 0) return 0
  let sum = 0
  for (let at = 0; at < tiles.length; at += 3) {
    const squares = (tiles[at + 1] ?? 0) + (tiles[at + 2] ?? 0)
    sum += squares * ((tiles[at] ?? 0) / largest) ** 2
  }
  return largest * Math.sqrt(sum)
}
