import { blockCount } from './slices.ts'
import type { Slice } from './slices.ts'
import { sumsOfPlanes } from './sums.ts'
import type { BitPlane } from './addend.ts'

/** What a tally is made of; see there. */
export interface TallyParts {
  readonly slice: Slice
  readonly block: number
  readonly planes: readonly BitPlane[]
  readonly voters: readonly number[]
  readonly weights: readonly Uint8Array[] | null
}

/**
 * The exact tally of the ballots of one slice, and who voted. It is kept as the weight of the
 * votes for +1, c_i = Σ_n w_{n,block(i)}·[s_{n,i} = +1], in bit planes, the form in which tallies
 * are counted, merged and sent; the sums are 2·c_i − Σ_n w_{n,block(i)}.
 */
export class SliceTally implements TallyParts {
  readonly slice: Slice
  /** Coordinates in a block; the slice's last may be shorter. */
  readonly block: number
  /**
   * Bit i of planes[k] is bit k of c_i; bits beyond the slice's end are 0. As many planes as the
   * largest Σ_n w_{n,b} needs.
   */
  readonly planes: readonly BitPlane[]
  /** Contributor numbers, ascending, distinct. */
  readonly voters: readonly number[]
  /** weights[k][b] = weight of voters[k] in the slice's block b; null = all ones for everybody. */
  readonly weights: readonly Uint8Array[] | null
  #sums: Int32Array | null

  /** `sums`, where they are known already, belong to the tally from then on. */
  constructor(parts: TallyParts, sums: Int32Array | null = null) {
    this.slice = parts.slice
    this.block = parts.block
    this.planes = parts.planes
    this.voters = parts.voters
    this.weights = parts.weights
    this.#sums = sums
  }

  /** sums[i] = Σ_n w_{n,block(i)} · s_{n,i}; computed once, when first asked for. */
  get sums(): Int32Array {
    this.#sums ??= sumsOfPlanes({
      size: this.slice.end - this.slice.start,
      block: this.block,
      planes: this.planes,
      totals: this.weights ? blockTotals(this) : [this.voters.length],
    })
    return this.#sums
  }
}

/** Σ_n w_{n,b} for each block of a slice. */
export function blockTotals(tally: Omit<TallyParts, 'planes'>): number[] {
  const blocks = blockCount(tally.slice.end - tally.slice.start, tally.block)
  if (!tally.weights) return new Array<number>(blocks).fill(tally.voters.length)
  const totals = new Int32Array(blocks)
  for (const row of tally.weights) {
    for (let b = 0; b < blocks; b++) totals[b] = (totals[b] as number) + (row[b] as number)
  }
  return Array.from(totals)
}

/** All slices of a round together, every group merged: one entry a slice, in slice order. */
export interface MergedTally {
  readonly d: number
  readonly block: number
  readonly slices: readonly SliceTally[]
}
