import type { Clock } from '@quorate/shared/clock/clock'

/** A look at so many contributors is paid for by a millisecond of rest. */
const CONTRIBUTORS_PER_MS = 50

/**
 * Work that looks at every contributor and that each of them asks for: of a small crowd it is done
 * at once; of a large one, whoever asks soon after is served together with all who ask meanwhile.
 * Without that a crowd that arrives costs the square of its size.
 */
export class Paced {
  readonly #work: () => void
  readonly #crowd: { readonly clock: Clock; readonly size: () => number }
  #doneAtMs = 0
  #restMs = 0
  #isAsked = false

  /** `size`: contributors that the work looks at. */
  constructor(work: () => void, crowd: { clock: Clock; size: () => number }) {
    this.#work = work
    this.#crowd = crowd
  }

  /** Now, or within size/50 ms. */
  ask(): void {
    if (this.#isAsked) return
    const { clock } = this.#crowd
    const sinceMs = clock.nowMs() - this.#doneAtMs
    // A clock may be set back.
    if (sinceMs < 0 || sinceMs >= this.#restMs) return this.#do()
    this.#isAsked = true
    clock.after(this.#restMs - sinceMs, () => {
      this.#isAsked = false
      this.#do()
    })
  }

  #do(): void {
    const { clock, size } = this.#crowd
    this.#doneAtMs = clock.nowMs()
    this.#restMs = Math.floor(size() / CONTRIBUTORS_PER_MS)
    this.#work()
  }
}
