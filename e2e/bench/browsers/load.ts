import { availableParallelism, loadavg } from 'node:os'

/**
 * For the notes of what is timed by the clock: who wants a core and gets none, on a machine that
 * others use too, is in every figure.
 */
export function loadNote(): string {
  const [lastMinute = 0] = loadavg()
  const cores = availableParallelism()
  return `Load average at the end: ${lastMinute.toFixed(1)} on ${cores} cores, these browsers included.`
}
