import { mergeTallies, tallySlice } from '@quorate/shared/tally/count'
import type { SliceBallot } from '@quorate/shared/tally/slice-ballot'
import type { Slice } from '@quorate/shared/tally/slices'
import type { SliceTally } from '@quorate/shared/tally/tally'
import type { SignRoom } from './sign-room.ts'

/** Ballots that are counted together: a multiple of what the kernels fold at a time. */
const TOGETHER = 64
/** Tallies of one level that become one of the next. */
const FAN = 16

/**
 * The tally of one slice, counted while the ballots come: at any time it keeps fewer than 64
 * ballots, and of what is counted fewer than 16 tallies of 64, of 1,024, of 16,384 ballots each, so
 * that no vote is added up often.
 */
export class RunningTally {
  readonly #slice: Slice
  readonly #block: number
  readonly #room: SignRoom
  #ballots: SliceBallot[] = []
  readonly #levels: SliceTally[][] = []

  /** `room` gets the signs of ballots when they are counted. */
  constructor(slice: Slice, block: number, room: SignRoom) {
    this.#slice = slice
    this.#block = block
    this.#room = room
  }

  /** The ballot's buffers are the tally's from now on. */
  add(ballot: SliceBallot): void {
    this.#ballots.push(ballot)
    if (this.#ballots.length < TOGETHER) return
    this.#raise(this.#tallied(), 0)
  }

  /** Voters that somebody else has counted. */
  addTally(tally: SliceTally): void {
    this.#raise(tally, 0)
  }

  /** All of it. @throws DoubleVoteError when somebody is counted twice. */
  result(): SliceTally {
    const parts = this.#levels.flat()
    if (this.#ballots.length > 0 || parts.length === 0) parts.push(this.#tallied())
    return parts.length === 1 ? (parts[0] as SliceTally) : mergeTallies(parts)
  }

  #tallied(): SliceTally {
    const ballots = this.#ballots
    this.#ballots = []
    const tally = tallySlice(this.#slice, this.#block, ballots)
    for (const { signs } of ballots) this.#room.giveBack(signs)
    return tally
  }

  #raise(tally: SliceTally, level: number): void {
    const same = (this.#levels[level] ??= [])
    same.push(tally)
    if (same.length < FAN) return
    this.#levels[level] = []
    this.#raise(mergeTallies(same), level + 1)
  }
}
