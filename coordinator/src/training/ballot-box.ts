import { groupOf } from '@quorate/shared/round/round'
import type { RoundPlan, SliceOutcome } from '@quorate/shared/round/round'
import { mergeTallies, tallySlice } from '@quorate/shared/tally/count'
import type { SliceBallot } from '@quorate/shared/tally/slice-ballot'
import type { Slice } from '@quorate/shared/tally/slices'
import type { MergedTally, SliceTally } from '@quorate/shared/tally/tally'
import type { NamedVector } from '@quorate/shared/methods/sum-vectors'

/** What came in one attempt: owners' tallies by group and slice, ballots sent here directly, vectors. */
export class BallotBox {
  readonly #tallies = new Map<string, SliceTally>()
  readonly #ballots = new Map<string, SliceBallot>()
  readonly #vectors = new Map<number, NamedVector>()
  readonly #plan: RoundPlan

  constructor(plan: RoundPlan) {
    this.#plan = plan
  }

  keepTally(owner: number, tally: SliceTally): void {
    this.#tallies.set(`${groupOf(this.#plan, owner)}/${tally.slice.index}`, tally)
  }

  keepBallot(slice: number, ballot: SliceBallot): void {
    this.#ballots.set(`${ballot.contributor}/${slice}`, ballot)
  }

  hasVector(contributor: number): boolean {
    return this.#vectors.has(contributor)
  }

  keepVector(named: NamedVector): void {
    this.#vectors.set(named.contributor, named)
  }

  /** The vectors that count, for methods that sum them. */
  vectors(outcome: readonly SliceOutcome[]): NamedVector[] {
    const voters = new Set(outcome[0]?.voters)
    return [...this.#vectors.values()].filter(({ contributor }) => voters.has(contributor))
  }

  /** Everything that counts, merged; slices without a voter have an empty tally. */
  merge(
    outcome: readonly SliceOutcome[],
    shape: { d: number; block: number; slices: readonly Slice[] },
  ): MergedTally {
    const slices = shape.slices.map((slice) => {
      const parts: SliceTally[] = []
      const direct: SliceBallot[] = []
      outcome[slice.index]?.groups.forEach((counted, group) => {
        const tally = this.#tallies.get(`${group}/${slice.index}`)
        if (counted.tally && tally) parts.push(tally)
        for (const contributor of counted.direct) {
          const ballot = this.#ballots.get(`${contributor}/${slice.index}`)
          if (ballot) direct.push(ballot)
        }
      })
      if (direct.length > 0 || parts.length === 0)
        parts.push(tallySlice(slice, shape.block, direct))
      return parts.length === 1 ? (parts[0] as SliceTally) : mergeTallies(parts)
    })
    return { d: shape.d, block: shape.block, slices }
  }
}
