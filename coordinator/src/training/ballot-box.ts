import type { SliceOutcome } from '@quorate/shared/round/round'
import type { SliceBallot } from '@quorate/shared/tally/slice-ballot'
import type { Slice } from '@quorate/shared/tally/slices'
import type { MergedTally } from '@quorate/shared/tally/tally'
import type { NamedVector } from '@quorate/shared/methods/sum-vectors'
import type { SignedTally } from '@quorate/shared/wire/audit'
import type { ProvenBallot } from '@quorate/shared/wire/ballot'
import { RunningTally } from './running-tally.ts'
import type { SignRoom } from './sign-room.ts'

/** What came in one attempt: owners' tallies by group and slice, ballots sent here directly, vectors. */
export class BallotBox {
  /** By slice and sender. */
  readonly #tallies = new Map<string, SignedTally>()
  /** Those that a tally may still name, or that a tally is compared with. */
  readonly #ballots = new Map<string, ProvenBallot>()
  /** By slice, those that count whatever else comes. */
  readonly #counted: readonly RunningTally[]
  readonly #vectors = new Map<number, NamedVector>()

  constructor({
    slices,
    block,
    room,
  }: {
    slices: readonly Slice[]
    block: number
    room: SignRoom
  }) {
    this.#counted = slices.map((slice) => new RunningTally(slice, block, room))
  }

  keepTally(from: number, tally: SignedTally): void {
    this.#tallies.set(`${from}/${tally.tally.slice.index}`, tally)
  }

  tally(from: number, slice: number): SignedTally | null {
    return this.#tallies.get(`${from}/${slice}`) ?? null
  }

  /**
   * A ballot that counts unless its group's tally turns out to have it; its buffers are the box's
   * from now on.
   */
  keepBallot(slice: number, ballot: ProvenBallot): void {
    this.#ballots.set(`${ballot.ballot.contributor}/${slice}`, ballot)
  }

  ballot(contributor: number, slice: number): ProvenBallot | null {
    return this.#ballots.get(`${contributor}/${slice}`) ?? null
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
      for (const { tally, direct } of outcome[slice]?.groups ?? []) {
        const counted = tally === null ? null : this.tally(tally, slice)
        if (counted) running.addTally(counted.tally)
        for (const contributor of direct) {
          const kept = this.ballot(contributor, slice)
          if (kept) running.add(kept.ballot)
        }
      }
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
