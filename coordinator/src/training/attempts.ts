import type { Store, StoredRun } from './ports.ts'

/** Attempt numbers are reserved on disk in batches, so that none is used twice across restarts. */
const BATCH = 1000

export interface AttemptsPorts {
  readonly store: Store
  /** Numbers are there again. */
  readonly available: () => void
  /** None is left, and the disk refuses more. */
  readonly exhausted: (error: unknown) => void
}

/** The numbers that openings of a run are known by: each is used once, for good. */
export class Attempts {
  readonly #run: string
  readonly #ports: AttemptsPorts
  #last: number
  #reserved: number
  #reserving = false

  /** `used`: the ledger knows this attempt; the database may be older, where a backup was put back. */
  constructor({ id, attemptsReserved }: StoredRun, used: number, ports: AttemptsPorts) {
    this.#run = id
    this.#ports = ports
    this.#last = Math.max(attemptsReserved, used)
    this.#reserved = attemptsReserved
  }

  /** The attempt that is open, or was last. */
  get last(): number {
    return this.#last
  }

  /** Whether a number is left that the disk knows as used. */
  get available(): boolean {
    return this.#last + 1 < this.#reserved
  }

  /** Reserves more in good time. */
  replenish(): void {
    if (this.#last + BATCH / 2 >= this.#reserved && !this.#reserving) this.#reserve()
  }

  /** Only while `available`. */
  next(): number {
    this.#last += 1
    return this.#last
  }

  #reserve(): void {
    const upTo = Math.max(this.#reserved, this.#last) + BATCH
    this.#reserving = true
    this.#ports.store.reserveAttempts(this.#run, upTo).then(
      () => {
        this.#reserved = upTo
        this.#reserving = false
        this.#ports.available()
      },
      (error: unknown) => {
        this.#reserving = false
        // Enough may be left for now; the next round asks again.
        if (this.#last + 1 >= this.#reserved) this.#ports.exhausted(error)
      },
    )
  }
}
