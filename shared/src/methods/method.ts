import type { Slice } from '../tally/slices.ts'
import type { MergedTally } from '../tally/tally.ts'

/** Float32 in a run; float64 where golden vectors are compared. */
export type FloatVector = Float32Array | Float64Array

/** Packed signs: coordinate i is bit i % 32 of word ⌊i / 32⌋; 1 = +1, 0 = −1; padding bits 0. */
export type SignWords = Uint32Array

/**
 * One contributor's vote of one round over all d parameters.
 * `weights`: one integer 0..15 per block, or null = all 1; 0 = abstains in that block.
 */
export interface Ballot {
  readonly signs: SignWords
  readonly weights: Uint8Array | null
}

/** What is fixed for everyone when a round opens. */
export interface RoundTerms {
  readonly runSeed: number
  /** Decided rounds so far: 0 for the first. */
  readonly round: number
  /** Coordinates per block. */
  readonly block: number
  readonly slices: readonly Slice[]
  /** γ of the round, already rounded to float32. */
  readonly learningRate: number
  /** EF-Vote's unit of each block on the quarter-octave grid (METHODS.md, `grid`), else null. */
  readonly units: Uint8Array | null
}

/** A ballot and what it would make of the contributor's state; provisional until settled. */
export interface Cast<Pending = unknown> {
  readonly ballot: Ballot
  readonly pending: Pending
}

/** What became of a cast ballot: `counted[j]` for slice j of a decided round, or a void round. */
export type Settlement =
  { readonly kind: 'decided'; readonly counted: readonly boolean[] } | { readonly kind: 'void' }

/** The contributor half of a voting method. `State` and `Pending` own their buffers. */
export interface ContributorHalf<State = unknown, Pending = unknown> {
  /** Fresh state for d parameters. */
  init(): State
  /**
   * Turns the gradient (mean over the batch, times the share) into a ballot. `state` is not
   * changed; `gradient` is finite (checked by the caller) and may be overwritten.
   */
  cast(state: State, gradient: FloatVector, terms: ContributorTerms): Cast<Pending>
  /** Commits or drops `pending`, slice by slice (METHODS.md, "Counted or not"). Mutates `state`. */
  settle(state: State, pending: Pending, settlement: Settlement, terms: RoundTerms): void
  /** The finite number reported in the opening phase, for methods that calibrate; else null. */
  loudness(gradient: FloatVector, terms: RoundTerms): number | null
}

export interface ContributorTerms extends RoundTerms {
  /** The contributor's number in the run: the generator's stream. */
  readonly contributor: number
}

/** What all replicas apply. Every float in it was rounded once, at the coordinator. */
export type Verdict = VerdictStep & {
  /** Slices that were valid; in the others δ = 0. */
  readonly valid: readonly boolean[]
  /** EF-Vote's units of the next round, else null. */
  readonly nextUnits: Uint8Array | null
}

export type VerdictStep =
  /** δ_i = ±step */
  | { readonly kind: 'signs'; readonly step: number; readonly signs: SignWords }
  /** δ_i = ±2^(k/4) of the block's grid byte */
  | { readonly kind: 'scaled'; readonly steps: Uint8Array; readonly signs: SignWords }
  /**
   * δ_i = tables[tableOf[slice]][sum_i + (length − 1) / 2]: a table has an odd length and its
   * middle entry is the sum 0.
   */
  | {
      readonly kind: 'sums'
      readonly sums: Int32Array
      readonly tables: readonly Float32Array[]
      readonly tableOf: Uint8Array
    }
  /** Nothing moves: the opening phase's entry, which only announces units. */
  | { readonly kind: 'none' }

/** The coordinator half of a voting method. */
export interface CoordinatorHalf<State = unknown> {
  readonly calibrates: boolean
  init(): State
  /** Opening phase: the units for round 0 from the contributors' loudness reports. */
  calibrate(state: State, reports: readonly number[]): Uint8Array | null
  /**
   * The verdict on a merged tally; in slices below quorum (`valid[j]` false) state is untouched
   * and δ = 0. Mutates `state`.
   */
  decide(state: State, tally: MergedTally, terms: CoordinatorTerms): Verdict
  /** The units announced for the next round, as in the last verdict or calibration; else null. */
  units(state: State): Uint8Array | null
  /** State as bytes for a checkpoint, and back. Throws on bytes of another shape. */
  save(state: State): Uint8Array
  restore(bytes: Uint8Array): State
}

export interface CoordinatorTerms extends RoundTerms {
  readonly valid: readonly boolean[]
}

/** One method, both halves, for a run of d parameters. */
export interface Method {
  readonly contributor: ContributorHalf
  readonly coordinator: CoordinatorHalf
  /**
   * Every ballot carries block weights 0..15 (EF-Vote). Without them a ballot votes in full, or
   * abstains in a block by a weight of 0 (ssdm's all-zero vector).
   */
  readonly weighted: boolean
}
