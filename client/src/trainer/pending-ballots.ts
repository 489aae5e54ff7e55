import type { RoundTerms } from '@quorate/shared/methods/method'

/** Ballots that may wait for their settlement; an older one is dropped as if never cast. */
const MAX_PENDING = 4

/** What a cast ballot would make of the method's state, and the terms it was cast under. */
export interface PendingBallot<Pending> {
  readonly pending: Pending
  readonly terms: RoundTerms
}

/** Ballots whose settlement has not come, by attempt; the last four of them. */
export class PendingBallots<Pending> {
  readonly #ballots = new Map<number, PendingBallot<Pending>>()
  readonly #dropped: (pending: Pending) => void

  /** `dropped` is told of what will not be settled any more. */
  constructor(dropped: (pending: Pending) => void = () => {}) {
    this.#dropped = dropped
  }

  keep(attempt: number, ballot: PendingBallot<Pending>): void {
    this.#drop(attempt)
    this.#ballots.set(attempt, ballot)
    for (const oldest of this.#ballots.keys()) {
      if (this.#ballots.size <= MAX_PENDING) break
      this.#drop(oldest)
    }
  }

  /** The ballot of an attempt, which is forgotten; null where there is none. */
  take(attempt: number): PendingBallot<Pending> | null {
    const ballot = this.#ballots.get(attempt) ?? null
    this.#ballots.delete(attempt)
    return ballot
  }

  clear(): void {
    for (const attempt of [...this.#ballots.keys()]) this.#drop(attempt)
  }

  #drop(attempt: number): void {
    const ballot = this.take(attempt)
    if (ballot) this.#dropped(ballot.pending)
  }
}
