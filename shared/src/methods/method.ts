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
  readonly kind: 'ballot'
  readonly signs: SignWords
  readonly weights: Uint8Array | null
}

/** What a method that sums vectors has a contributor send; it goes to the coordinator directly. */
export type VectorContribution = DenseVector | SparseVector | SignedVector

/** [d] floats. */
export interface DenseVector {
  readonly kind: 'dense'
  readonly values: FloatVector
}

/** values[j] at coordinate indices[j], ascending; 0 elsewhere. */
export interface SparseVector {
  readonly kind: 'sparse'
  readonly indices: Uint32Array
  readonly values: FloatVector
}

/** ±scales[t] in tensor t; no scale is negative. */
export interface SignedVector {
  readonly kind: 'signed'
  readonly signs: SignWords
  readonly scales: FloatVector
}

/** The sum of a round's vectors, and whose they were. */
export interface MergedVectors {
  readonly d: number
  /** Contributor numbers, ascending, distinct. */
  readonly voters: readonly number[]
  readonly sum: DenseVector | SparseVector
}

export type Contribution = Ballot | VectorContribution

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

/** What is sent, and what it would make of the contributor's state; provisional until settled. */
export interface Cast<Sent = Contribution, Pending = unknown> {
  readonly sent: Sent
  readonly pending: Pending
}

/** What became of a cast ballot: `counted[j]` for slice j of a decided round, or a void round. */
export type Settlement =
  { readonly kind: 'decided'; readonly counted: readonly boolean[] } | { readonly kind: 'void' }

/** The contributor half of a method. `State` and `Pending` own their buffers. */
export interface ContributorHalf<Sent = Contribution, State = unknown, Pending = unknown> {
  /** Fresh state for d parameters. */
  init(): State
  /**
   * Turns the gradient (mean over the batch, times the share) into a contribution. `state` is not
   * changed; `gradient` is finite (checked by the caller) and the method's from then on, which
   * may overwrite and keep it.
   */
  cast(state: State, gradient: FloatVector, terms: ContributorTerms): Cast<Sent, Pending>
  /** Commits or drops `pending`, slice by slice (METHODS.md, "Counted or not"). Mutates `state`. */
  settle(state: State, pending: Pending, settlement: Settlement, terms: RoundTerms): void
  /** The finite number reported in the opening phase, for methods that calibrate; else null. */
  loudness(gradient: FloatVector, terms: RoundTerms): number | null
}

export interface ContributorTerms extends RoundTerms {
  /** The contributor's number in the run: the generator's stream. */
  readonly contributor: number
  /** What the gradient has been multiplied by, for its part of the data; 1 where absent. */
  readonly share?: number
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
  /** δ_i = ±steps[k] in range k, which ends before ends[k]; the last ends at d. */
  | {
      readonly kind: 'signed'
      readonly ends: Uint32Array
      readonly steps: FloatVector
      readonly signs: SignWords
    }
  /** δ at indices[j], ascending, is steps[j]; 0 elsewhere. */
  | { readonly kind: 'sparse'; readonly indices: Uint32Array; readonly steps: FloatVector }
  /** δ_i = steps[i] */
  | { readonly kind: 'dense'; readonly steps: FloatVector }
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

/** The coordinator half of a method, which decides on tallies or on sums of vectors. */
export interface CoordinatorHalf<Merged = MergedTally, State = unknown> {
  readonly calibrates: boolean
  init(): State
  /** Opening phase: the units for round 0 from the contributors' loudness reports. */
  calibrate(state: State, reports: readonly number[]): Uint8Array | null
  /**
   * The verdict on what was merged; in slices below quorum (`valid[j]` false) state is untouched
   * and δ = 0. Mutates `state`.
   */
  decide(state: State, merged: Merged, terms: CoordinatorTerms): Verdict
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
export type Method = VotingMethod | VectorMethod

/** Ballots, tallied exactly: they travel through slice owners and merge in any order. */
export interface VotingMethod {
  readonly kind: 'votes'
  readonly contributor: ContributorHalf<Ballot>
  readonly coordinator: CoordinatorHalf
  /**
   * Every ballot carries block weights 0..15 (EF-Vote). Without them a ballot votes in full, or
   * abstains in a block by a weight of 0 (ssdm's all-zero vector).
   */
  readonly weighted: boolean
}

/** Floats, summed by the coordinator in the order of contributors' numbers; one slice. */
export interface VectorMethod {
  readonly kind: 'vectors'
  readonly contributor: ContributorHalf<VectorContribution>
  readonly coordinator: CoordinatorHalf<MergedVectors>
  /** What its contributions look like, known to both ends before anything is sent. */
  readonly form: VectorForm
}

export type VectorForm =
  | { readonly kind: 'dense' }
  /** k coordinates; `shared`: those that every contributor sends in a round, or null = its own. */
  | {
      readonly kind: 'sparse'
      readonly k: number
      readonly shared: ((at: { runSeed: number; round: number }) => Uint32Array) | null
    }
  /** One scale for each of so many tensors. */
  | { readonly kind: 'signed'; readonly tensors: number }
