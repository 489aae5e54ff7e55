/** When to try again: the n-th wait is random in 0..min(longestMs, firstMs · 2ⁿ). */
export interface RetryPolicy {
  readonly firstMs: number
  readonly longestMs: number
}

/**
 * The wait before try number `failures` + 1. Full jitter spreads those who lost the same server.
 * Source: Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog 2015, "full jitter".
 */
export function retryDelayMs(
  { firstMs, longestMs }: RetryPolicy,
  failures: number,
  random: () => number,
): number {
  return Math.round(random() * Math.min(longestMs, firstMs * 2 ** Math.min(failures, 30)))
}
