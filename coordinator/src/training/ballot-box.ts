import { groupOf } from '@quorate/shared/round/round'
import type { RoundPlan, SliceOutcome } from '@quorate/shared/round/round'
import type { SliceBallot } from '@quorate/shared/tally/slice-ballot'
import type { Slice } from '@quorate/shared/tally/slices'
import type { MergedTally, SliceTally } from '@quorate/shared/tally/tally'
import type { NamedVector } from '@quorate/shared/methods/sum-vectors'
import { RunningTally } from './running-tally.ts'
import type { SignRoom } from './sign-room.ts'

/** What came in one attempt: owners' tallies by group and slice, ballots sent here directly, vectors. */
export class BallotBox {
  readonly #tallies = new Map<string, SliceTally>()
  /** Those that an owner's tally may still name. */
  readonly #ballots = new Map<string, SliceBallot>()
  /** By slice, those that count whatever else comes. */
  readonly #counted: readonly RunningTally[]
  readonly #vectors = new Map<number, NamedVector>()
  readonly #plan: RoundPlan

  constructor(
    plan: RoundPlan,
    { slices, block, room }: { slices: readonly Slice[]; block: number; room: SignRoom },
  ) {
    this.#plan = plan
    this.#counted = slices.map((slice) => new RunningTally(slice, block, room))
  }

  keepTally(owner: number, tally: SliceTally): void {
    this.#tallies.set(`${groupOf(this.#plan, owner)}/${tally.slice.index}`, tally)
  }

  /**
   * A ballot that counts unless its group's tally turns out to have it; its buffers are the box's
   * from now on.
   */
  keepBallot(slice: number, ballot: SliceBallot): void {
    this.#ballots.set(`${ballot.contributor}/${slice}`, ballot)
  }

  /** A ballot that counts whatever else comes; its buffers are the box's from now on. */
  countBallot(slice: number, ballot: SliceBallot): void {
    this.#counted[slice]?.add(ballot)
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
  merge(outcome: readonly SliceOutcome[], shape: { d: number; block: number }): MergedTally {
    const slices = this.#counted.map((running, slice) => {
      outcome[slice]?.groups.forEach((counted, group) => {
        const tally = this.#tallies.get(`${group}/${slice}`)
        if (counted.tally && tally) running.addTally(tally)
        for (const contributor of counted.direct) {
          const ballot = this.#ballots.get(`${contributor}/${slice}`)
          if (ballot) running.add(ballot)
        }
      })
      const merged = running.result()
      const voters = outcome[slice]?.voters.length ?? 0
      if (merged.voters.length !== voters) {
        throw new Error(`slice ${slice}: ${merged.voters.length} counted, ${voters} voted`)
      }
      return merged
    })
    return { ...shape, slices }
  }
}
