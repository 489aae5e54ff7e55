/** Milliseconds as a person reads them: `0.4 s`, `12 s`, `2 min 05 s`. */
export function elapsed(ms) {
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`
  const seconds = Math.round(ms / 1000)
  if (seconds < 60) return `${seconds} s`
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`
}

/** Says on stderr what is under way, does it, and says how long it took. Errors pass through. */
export async function step(label, work) {
  const startMs = Date.now()
  process.stderr.write(`· ${label} …\n`)
  const result = await work()
  process.stderr.write(`  done in ${elapsed(Date.now() - startMs)}\n`)
  return result
}

/** One line on stderr that is not a step. */
export function notice(text) {
  process.stderr.write(`  ${text}\n`)
}
