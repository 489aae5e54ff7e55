import type { Clock } from '@quorate/shared/clock/clock'

const SPAN_MS = 10_000

/** Counts the messages of one socket in spans of ten seconds. */
export class MessageRate {
  readonly #most: number
  readonly #clock: Clock
  #messages = 0
  #sinceMs: number

  constructor(most: number, clock: Clock) {
    this.#most = most
    this.#clock = clock
    this.#sinceMs = clock.nowMs()
  }

  /** Counts one more; false where that is more than a span may have. */
  allows(): boolean {
    const nowMs = this.#clock.nowMs()
    if (nowMs - this.#sinceMs > SPAN_MS) {
      this.#sinceMs = nowMs
      this.#messages = 0
    }
    this.#messages += 1
    return this.#messages <= this.#most
  }
}
