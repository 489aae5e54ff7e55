import type { Slice } from './slices.ts'

/**
 * Exact integer sums of the ballots of one slice, and who voted.
 * sums[i] = Σ_n w_{n,block(i)} · s_{n,i} for the slice's coordinates.
 */
export interface SliceTally {
  readonly slice: Slice
  readonly sums: Int32Array
  /** Contributor numbers, ascending, distinct. */
  readonly voters: readonly number[]
  /** weights[k][b] = weight of voters[k] in the slice's block b; null = all ones for everybody. */
  readonly weights: readonly Uint8Array[] | null
}

/** All slices of a round together, every group merged: one entry a slice, in slice order. */
export interface MergedTally {
  readonly d: number
  readonly block: number
  readonly slices: readonly SliceTally[]
}
