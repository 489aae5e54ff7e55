import type { Clock } from './clock.ts'
import { systemClock } from './system-clock.ts'

interface Times {
  /** Of the machine's clock on the wall, which may be set. */
  wallMs(): number
  /** Of one that nobody sets, and that may stand still while the machine sleeps. */
  steadyMs(): number
}

const machine = globalThis as unknown as {
  Date: { now(): number }
  performance: { now(): number }
}
const timesOfMachine: Times = {
  wallMs: () => machine.Date.now(),
  steadyMs: () => machine.performance.now(),
}

/**
 * The clock of the machine, never back: where the one on the wall is set back, time goes on from
 * where it was, and stays ahead of it until the program ends. Set forwards, or after a sleep of the
 * machine, it follows. Leases, strikes and allowances count on that.
 */
export function steadyClock(times: Times = timesOfMachine): Clock {
  let last = { wallMs: times.wallMs(), steadyMs: times.steadyMs() }
  let nowMs = last.wallMs
  return {
    nowMs() {
      const next = { wallMs: times.wallMs(), steadyMs: times.steadyMs() }
      const passedMs = next.wallMs - last.wallMs
      nowMs += passedMs >= 0 ? passedMs : Math.max(0, Math.round(next.steadyMs - last.steadyMs))
      last = next
      return nowMs
    },
    after: (delayMs, run) => systemClock.after(delayMs, run),
  }
}
