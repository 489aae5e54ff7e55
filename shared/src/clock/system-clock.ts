import type { Clock } from './clock.ts'

interface Timers {
  setTimeout(run: () => void, delayMs: number): unknown
  clearTimeout(timer: unknown): void
}

/** The clock of the machine. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs, run) {
    const timers = globalThis as unknown as Timers
    const timer = timers.setTimeout(run, Math.max(0, delayMs))
    return () => timers.clearTimeout(timer)
  },
}
