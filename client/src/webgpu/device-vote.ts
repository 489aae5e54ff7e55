import { clipFactor, rememberSize, usualSize } from '@quorate/shared/methods/burst-clip'
import { unitsOf, weightsOfSizes } from '@quorate/shared/methods/ef-vote-contributor'
import { settledBlock } from '@quorate/shared/methods/ef-vote-owed'
import type { RuleName } from '@quorate/shared/methods/majority'
import type {
  Ballot,
  ContributorTerms,
  RoundTerms,
  Settlement,
} from '@quorate/shared/methods/method'
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
import { OWE } from './state-programs.ts'
import type { VoteKind } from './vote-program.ts'
import { RESULT, voteProgram, ZEROS } from './vote-program.ts'
import { tileCount } from './wgsl/tiles.ts'

/** All methods that vote in one pass. */
export type OnePassSettings = Exclude<VotingSettings, { id: 'ssdm' }>

/** What a method signs, with its numbers a and b, and the stream of its chance. */
interface Vote {
  readonly kind: VoteKind
  readonly a: number
  readonly b: number
  readonly domain: number
  readonly zeros: number
}

/** Of the result, for each block: two sums, each with its rest. */
const BLOCK_WORDS = 4

/** What one run of the vote program tells. */
interface Counted {
  readonly finite: boolean
  readonly loss: number
  readonly signs: Uint32Array
  /** Mean |value| of every block; empty without sums. */
  readonly sizes: Float64Array
  /** Mean |direction| of all coordinates, at a share of 1 once it has been held to the clip; 0 without sums. */
  readonly direction: number
}

/** A method that needs one pass over its vector before its ballot is known. */
export class DeviceVote implements DeviceMethod {
  readonly #compute: Compute
  readonly #settings: OnePassSettings
  readonly #shape: DeviceShape
  readonly #program: Program
  readonly #state: DeviceState | null
  /** Mean |direction| of the last rounds at a share of 1, for EF-Vote's clip. */
  readonly #recent: number[] = []
  readonly #result: GPUBuffer
  readonly #resultWords: number
  /** Stand for what a program does not read or write. */
  readonly #nothing: { readonly read: GPUBuffer; readonly written: GPUBuffer }
  /** For settling: the signs that were sent, and (sent, most) by block. */
  readonly #owing: { readonly signs: GPUBuffer; readonly blocks: GPUBuffer } | null

  constructor(compute: Compute, settings: OnePassSettings, shape: DeviceShape) {
    const { d, block } = shape
    const weighs = settings.id === 'ef-vote'
    this.#compute = compute
    this.#settings = settings
    this.#shape = shape
    this.#program = voteProgram(kindOf(settings), weighs ? { block } : null)
    this.#state = weighs || settings.id === 'signum-mv' ? new DeviceState(compute, d) : null
    const blocks = blockCount(d, block)
    this.#resultWords = RESULT.signs + signWordCount(d) + (weighs ? BLOCK_WORDS * blocks : 0)
    this.#result = compute.buffer(this.#resultWords)
    this.#nothing = { read: compute.buffer(2), written: compute.buffer(1) }
    this.#owing = weighs
      ? { signs: compute.buffer(signWordCount(d)), blocks: compute.buffer(2 * blocks) }
      : null
  }

  get programs(): readonly Program[] {
    return this.#owing ? [this.#program, OWE] : [this.#program]
  }

  async cast(direction: DeviceDirection, terms: ContributorTerms): Promise<DeviceCast> {
    const state = this.#state?.take() ?? null
    try {
      const counted = await this.#clipped(direction, terms, state)
      if (!counted.finite) {
        if (state) this.#state?.release(state)
        return { kind: 'non-finite', loss: counted.loss }
      }
      const { signs, sizes, loss } = counted
      const settings = this.#settings
      const weights = settings.id === 'ef-vote' ? weightsOfSizes(sizes, terms, settings) : null
      const ballot: Ballot = { kind: 'ballot', signs, weights }
      return { kind: 'cast', loss, pending: { state, ballot, size: counted.direction } }
    } catch (error) {
      if (state) this.#state?.release(state)
      throw error
    }
  }

  settle(pending: DevicePending, settlement: Settlement, terms: RoundTerms): void {
    const { state } = pending
    if (settlement.kind === 'decided') rememberSize(this.#recent, pending.size)
    if (state && this.#owing) this.#owe(pending, settlement, terms)
    else if (state) this.#state?.commit(state, settlement, terms)
    this.release(pending)
  }

  release({ state }: DevicePending): void {
    if (state) this.#state?.release(state)
  }

  async loudness(direction: DeviceDirection, terms: ContributorTerms): Promise<number | null> {
    const settings = this.#settings
    if (settings.id !== 'ef-vote') return null
    const scratch = this.#state?.take() ?? null
    const { finite, sizes } = await this.#count(direction, terms, { after: scratch, alone: true })
    if (scratch) this.#state?.release(scratch)
    const mean = Math.fround(sizes.reduce((sum, size) => sum + size, 0) / sizes.length)
    return finite && Number.isFinite(mean) ? mean : null
  }

  /** Counts once, and again where the direction turns out to be a burst, which is rare. */
  async #clipped(
    direction: DeviceDirection,
    terms: ContributorTerms,
    after: GPUBuffer | null,
  ): Promise<Counted> {
    const counted = await this.#count(direction, terms, { after })
    const settings = this.#settings
    if (settings.id !== 'ef-vote' || !counted.finite) return counted
    const size = usualSize(counted.direction, direction.share)
    const factor = clipFactor(size, this.#recent, settings.clip)
    if (factor === 1) return { ...counted, direction: size }
    const scaled = { ...direction, share: direction.share * factor }
    return { ...(await this.#count(scaled, terms, { after })), direction: size }
  }

  /** Runs the program and reads what came out. `alone`: the state has no part in it. */
  async #count(
    { gradient, x, share, decay }: DeviceDirection,
    terms: ContributorTerms,
    { after, alone = false }: { readonly after: GPUBuffer | null; readonly alone?: boolean },
  ): Promise<Counted> {
    const { d } = this.#shape
    const { a, b, domain, zeros } = voteOf(this.#settings, terms)
    const compute = this.#compute
    const parameters = parameterWords([
      ...[d, terms.runSeed, terms.round, terms.contributor],
      ...[domain, DOMAINS.zeroSign, zeros, 1],
      ...[share, decay, a, alone ? 0 : b].map((float) => ({ float })),
    ])
    const { read, written } = this.#nothing
    const words = await compute.checked(() => {
      compute.clear(this.#result)
      compute.run(this.#program, {
        tiles: tileCount(d),
        parameters,
        storage: [gradient, x, this.#state?.values ?? read, read, after ?? written, this.#result],
      })
      return compute.read(this.#result, this.#resultWords)
    })
    return this.#counted(words)
  }

  #counted(result: ArrayBuffer): Counted {
    const { d, block } = this.#shape
    const words = new Uint32Array(result)
    const floats = new Float32Array(result)
    const first = RESULT.signs + signWordCount(d)
    const blocks = (words.length - first) / BLOCK_WORDS
    const pair = (at: number) => (floats[at] ?? NaN) + (floats[at + 1] ?? NaN)
    const sizes = new Float64Array(blocks)
    let direction = 0
    for (let b = 0; b < blocks; b++) {
      const at = first + BLOCK_WORDS * b
      sizes[b] = pair(at) / (Math.min(d, (b + 1) * block) - b * block)
      direction += pair(at + 2) / d
    }
    return {
      finite: words[RESULT.flag] === 0,
      loss: floats[RESULT.loss] ?? NaN,
      signs: words.slice(RESULT.signs, first),
      sizes,
      direction,
    }
  }

  /** e ← clip(p − s·w·unit) where counted, clip(p) where not; a void round leaves it. */
  #owe({ state, ballot }: DevicePending, settlement: Settlement, terms: RoundTerms): void {
    const settings = this.#settings
    if (settlement.kind === 'void' || settings.id !== 'ef-vote') return
    const { d, block } = this.#shape
    const { errorBound: bound } = settings
    const units = unitsOf(terms)
    const table = new Float32Array(2 * units.length)
    for (const slice of terms.slices) {
      const counted = settlement.counted[slice.index] === true
      for (const { b } of blocksOf(slice, block)) {
        const weight = ballot.weights?.[b] ?? 1
        const { sent, most } = settledBlock(units[b] ?? 0, { weight, counted, bound })
        table.set([sent, most], 2 * b)
      }
    }
    const compute = this.#compute
    const owing = this.#owing
    const owed = this.#state
    if (!owing || !owed || !state) return
    compute.write(owing.signs, ballot.signs)
    compute.write(owing.blocks, table)
    compute.run(OWE, {
      tiles: tileCount(d),
      parameters: parameterWords([d, block]),
      storage: [state, owing.signs, owing.blocks, owed.values],
    })
  }
}

function kindOf(settings: OnePassSettings): VoteKind {
  switch (settings.id) {
    case 'signsgd':
    case 'signsgd-mv':
      return 'direction'
    case 'signum-mv':
    case 'ef-vote':
      return 'mixed'
    case 'noisy-signsgd':
      return 'gaussian'
    case 'sto-sign':
      return 'bounded'
    case 'z-sign-fedavg':
      return settings.distribution
  }
}

function voteOf(settings: OnePassSettings, terms: RoundTerms): Vote {
  const kind = kindOf(settings)
  const noise = { kind, b: 0, domain: DOMAINS.noise }
  const plain = { kind, b: 0, domain: 0 }
  switch (settings.id) {
    case 'signsgd':
    case 'signsgd-mv':
      return { ...plain, a: 1, zeros: zerosOf(settings.zeroRule) }
    case 'signum-mv': {
      const { beta, zeroRule } = settings
      return { ...plain, a: 1 - beta, b: beta, zeros: zerosOf(zeroRule) }
    }
    case 'ef-vote': {
      const a = settings.down === 'scaled' ? terms.learningRate : 1
      return { ...plain, a, b: 1, zeros: zerosOf(settings.zeroRule) }
    }
    case 'noisy-signsgd':
      return { ...noise, a: settings.noise, zeros: zerosOf(settings.zeroRule) }
    case 'sto-sign':
      return { ...noise, domain: DOMAINS.stochasticSign, a: settings.bound, zeros: ZEROS.minus }
    case 'z-sign-fedavg':
      return { ...noise, a: settings.sigma, zeros: zerosOf(settings.zeroRule) }
  }
}

function zerosOf(rule: RuleName): number {
  return ZEROS[rule]
}
