/** When owners stop waiting, when members resend, and when a round closes; ms after it opens. */
export interface Deadlines {
  readonly ballotsMs: number
  readonly talliesMs: number
  readonly roundMs: number
}

const FIRST_MS = 30_000
const LEAST_MS = 2_000
const MOST_MS = 60_000
const TIMES_MEDIAN = 3
/** How many past rounds the median is taken over. */
export const DEADLINE_WINDOW = 20

/**
 * Ballot deadline: `fixedMs`, or 3 × the median of the last exchanges within 2 s and 60 s, and
 * 30 s before there are any. The two later ones leave half of that again, within 2 s and 10 s.
 */
export function deadlinesFor(exchangesMs: readonly number[], fixedMs: number | null): Deadlines {
  const recent = exchangesMs.slice(-DEADLINE_WINDOW)
  const ballotsMs =
    fixedMs ??
    (recent.length === 0
      ? FIRST_MS
      : Math.min(MOST_MS, Math.max(LEAST_MS, TIMES_MEDIAN * median(recent))))
  const extraMs = Math.min(10_000, Math.max(2_000, ballotsMs / 2))
  return { ballotsMs, talliesMs: ballotsMs + extraMs, roundMs: ballotsMs + 2 * extraMs }
}

/** The median; of an even count, the mean of the two middle values. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  const upper = sorted[half] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2
}
