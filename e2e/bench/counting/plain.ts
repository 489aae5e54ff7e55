/**
 * What the tallies are held against: the loops that one would write first, over the same votes.
 * Each writes into an array that is there already.
 */
import type { SliceBallot } from '@quorate/shared/tally/slice-ballot'

/** sums[i] ← Σ ±1, bit by bit. */
export function countBits(ballots: readonly SliceBallot[], sums: Int32Array): Int32Array {
  sums.fill(0)
  for (const { signs } of ballots) {
    for (let i = 0; i < sums.length; i++) {
      const bit = ((signs[i >>> 5] as number) >>> (i & 31)) & 1
      sums[i] = (sums[i] as number) + 2 * bit - 1
    }
  }
  return sums
}

/** sums[i] ← Σ ±w, bit by bit, the weight of a block read once. */
export function countWeightedBits(
  ballots: readonly SliceBallot[],
  block: number,
  sums: Int32Array,
): Int32Array {
  sums.fill(0)
  for (const { signs, weights } of ballots) {
    for (let start = 0; start < sums.length; start += block) {
      const weight = weights ? (weights[start / block] as number) : 1
      const end = Math.min(sums.length, start + block)
      for (let i = start; i < end; i++) {
        const bit = ((signs[i >>> 5] as number) >>> (i & 31)) & 1
        sums[i] = (sums[i] as number) + weight * (2 * bit - 1)
      }
    }
  }
  return sums
}

/** mean[i] ← the mean of the vectors: what a server does that averages floats. */
export function meanOfFloats(vectors: readonly Float32Array[], mean: Float32Array): Float32Array {
  mean.fill(0)
  for (const vector of vectors) {
    for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] as number) + (vector[i] as number)
  }
  for (let i = 0; i < mean.length; i++) mean[i] = (mean[i] as number) / vectors.length
  return mean
}

/** into[i] ← Σ parts[k][i]. */
export function addIntegers(parts: readonly Int32Array[], into: Int32Array): Int32Array {
  into.fill(0)
  for (const part of parts) {
    for (let i = 0; i < into.length; i++) into[i] = (into[i] as number) + (part[i] as number)
  }
  return into
}
