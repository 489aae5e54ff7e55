export interface BucketSize {
  /** In it at the beginning, and at most. */
  readonly most: number
  /** What comes in by itself. */
  readonly perSecond: number
}

/** A token bucket: who takes more than comes in has what is in it, and then nothing. */
export class Bucket {
  readonly #size: BucketSize
  #left: number
  #atMs: number

  constructor(size: BucketSize, nowMs: number) {
    this.#size = size
    this.#left = size.most
    this.#atMs = nowMs
  }

  /** Takes `amount`; false, and nothing is taken, where less is left. */
  take(amount: number, nowMs: number): boolean {
    this.#refill(nowMs)
    if (amount > this.#left) return false
    this.#left -= amount
    return true
  }

  #refill(nowMs: number): void {
    // A clock may be set back.
    const sinceMs = Math.max(0, nowMs - this.#atMs)
    this.#atMs = nowMs
    const { most, perSecond } = this.#size
    this.#left = Math.min(most, this.#left + (sinceMs / 1000) * perSecond)
  }
}
