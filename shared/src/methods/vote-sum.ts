import type { MergedTally } from '../tally/tally.ts'
import type { CoordinatorHalf } from './method.ts'
import { noState, noUnits } from './saved-state.ts'

/**
 * The coordinator half of methods that step by the mean vote: x −= (γ·scale/P)·tally, P being the
 * voters of the slice, those of weight 0 included. The step of every possible sum is rounded
 * once, in a table for each P. No state.
 *
 * Source: Safaryan & Richtárik, ICML 2021, arXiv 1905.12938, algorithm 3.
 */
export function voteSum(scale = 1): CoordinatorHalf<MergedTally, null> {
  return {
    ...noState,
    ...noUnits,
    decide(_state, tally, { valid, learningRate }) {
      const sums = new Int32Array(tally.d)
      const tableOf = new Uint8Array(tally.slices.length)
      const tables = new Map<number, Float32Array>()
      for (const { slice, sums: sliceSums, voters, weights } of tally.slices) {
        if (!valid[slice.index]) continue
        if (weights?.some((one) => one.some((weight) => weight > 1))) {
          throw new RangeError('a ballot of an unweighted vote has a weight above 1')
        }
        sums.set(sliceSums, slice.start)
        const count = voters.length
        if (!tables.has(count)) tables.set(count, stepTable(count, learningRate * scale))
        tableOf[slice.index] = [...tables.keys()].indexOf(count)
      }
      return {
        kind: 'sums',
        sums,
        tables: [...tables.values()],
        tableOf,
        valid: [...valid],
        nextUnits: null,
      }
    },
  }
}

/** (rate/P)·k for the sums k = −P..P. */
function stepTable(voters: number, rate: number): Float32Array {
  return Float32Array.from({ length: 2 * voters + 1 }, (_, k) => (rate / voters) * (k - voters))
}
