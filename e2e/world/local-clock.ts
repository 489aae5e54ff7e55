import type { CancelTimer, Clock } from '@quorate/shared/clock/clock'

/** How the clock of a process differs from the world's. */
export interface Skew {
  /** Ahead of the world's, ms. */
  readonly offsetMs: number
  /** Milliseconds that it counts in one of the world's: 1.02 runs fast. */
  readonly rate: number
}

/**
 * The time of one process in the world, be it a page or the coordinator: it may run fast or slow,
 * stand still with the process (a laptop that sleeps), and end with it (SIGKILL). Timers that fall
 * due while it stands still fire when it goes on; after its end none does.
 */
export class LocalClock implements Clock {
  readonly #base: Clock
  readonly #skew: Skew
  readonly #timers = new Set<CancelTimer>()
  /** What waits for the thaw; null while time passes. */
  #held: (() => void)[] | null = null
  #ended = false

  constructor(base: Clock, skew: Skew = { offsetMs: 0, rate: 1 }) {
    this.#base = base
    this.#skew = skew
  }

  get ended(): boolean {
    return this.#ended
  }

  nowMs(): number {
    return this.#skew.offsetMs + this.#base.nowMs() * this.#skew.rate
  }

  after(delayMs: number, run: () => void): CancelTimer {
    if (this.#ended) return () => {}
    let cancelled = false
    const cancelBase = this.#base.after(Math.max(0, delayMs) / this.#skew.rate, () => {
      this.#timers.delete(cancel)
      this.deliver(() => {
        if (!cancelled) run()
      })
    })
    const cancel = () => {
      cancelled = true
      cancelBase()
      this.#timers.delete(cancel)
    }
    this.#timers.add(cancel)
    return cancel
  }

  /** Something from outside happens to the process: at once, at the thaw, or never. */
  deliver(run: () => void): void {
    if (this.#ended) return
    if (this.#held) this.#held.push(run)
    else run()
  }

  freeze(): void {
    this.#held ??= []
  }

  thaw(): void {
    const held = this.#held ?? []
    this.#held = null
    for (const run of held) this.deliver(run)
  }

  /** The process is gone, and its timers with it. */
  end(): void {
    this.#ended = true
    this.#held = null
    for (const cancel of [...this.#timers]) cancel()
  }
}
