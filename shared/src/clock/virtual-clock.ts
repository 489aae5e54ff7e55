import type { CancelTimer, Clock } from './clock.ts'

interface Timer {
  readonly dueMs: number
  readonly order: number
  readonly run: () => void
}

/**
 * A clock that stands still until it is advanced: timers fire in order of time, then of
 * registration, and between two timers every pending promise gets its turn.
 *
 * @public the clock of tests and of whole runs in one process
 */
export class VirtualClock implements Clock {
  #nowMs = 0
  #order = 0
  #timers: Timer[] = []

  nowMs(): number {
    return this.#nowMs
  }

  after(delayMs: number, run: () => void): CancelTimer {
    const timer: Timer = { dueMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run }
    const at = this.#timers.findIndex((other) => other.dueMs > timer.dueMs)
    if (at < 0) this.#timers.push(timer)
    else this.#timers.splice(at, 0, timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** How many timers wait: a test that ends with more than it began has leaked one. */
  get pending(): number {
    return this.#timers.length
  }

  /** Advances by `durationMs`, firing what falls due, letting promises settle in between. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs
    await settlePromises()
    for (let next = this.#timers[0]; next && next.dueMs <= endMs; next = this.#timers[0]) {
      this.#timers.shift()
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      next.run()
      await settlePromises()
    }
    this.#nowMs = endMs
  }

  /** Advances timer by timer until `done()` holds; throws when `limitMs` has passed first. */
  async until(done: () => boolean, limitMs: number): Promise<void> {
    const endMs = this.#nowMs + limitMs
    await settlePromises()
    while (!done()) {
      const next = this.#timers[0]
      if (!next || next.dueMs > endMs) {
        throw new Error(`virtual clock: condition not met within ${limitMs} ms`)
      }
      this.#timers.shift()
      this.#nowMs = Math.max(this.#nowMs, next.dueMs)
      next.run()
      await settlePromises()
    }
  }
}

/** Long enough for the promise chains of one step; counted in turns, not in time. */
const PROMISE_TURNS = 64

async function settlePromises(): Promise<void> {
  for (let turn = 0; turn < PROMISE_TURNS; turn++) await Promise.resolve()
}
