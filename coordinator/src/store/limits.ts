import type { RoundMetrics } from '@quorate/shared/api/api'

/** Events of a run that are kept; older ones go. */
export const EVENTS_KEPT = 10_000

/** Largest blob: a checkpoint of 2²⁴ float32 with its header, and as much method state. */
export const MAX_BLOB_BYTES = 256 * 1024 * 1024

/** `Ledger.frames` gives at most this many bytes of whole frames (but always one frame). */
export const LEDGER_READ_BYTES = 64 * 1024 * 1024

/**
 * At most `limit` of `rows`: one of each of `limit` equal runs of rows, an evaluated one where
 * there is one, else the last.
 */
export function thinned(rows: readonly RoundMetrics[], limit: number): RoundMetrics[] {
  if (rows.length <= limit) return [...rows]
  const kept = new Map<number, RoundMetrics>()
  rows.forEach((row, index) => {
    const bucket = Math.floor((index * limit) / rows.length)
    const other = kept.get(bucket)
    if (!other || row.accuracy !== null || other.accuracy === null) kept.set(bucket, row)
  })
  return [...kept.values()]
}
