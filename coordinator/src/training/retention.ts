/** What a run leaves behind, and what of it is kept. */
import type { StoredCheckpoint } from './ports.ts'

/** Rounds between two checkpoints. */
export const CHECKPOINT_EVERY = 100

/** Fewest rounds of a ledger that are ever kept: ten checkpoints, far more than catching up takes. */
export const LEAST_LEDGER_KEEP = 1000

/** Of checkpoints older than the ledger one in so many rounds is kept, or in more. */
const OLD_CHECKPOINT_EVERY = 10_000

/**
 * The oldest round of the ledger that is kept, given the run's checkpoints (ascending). Whoever was
 * away for a moment is told the verdicts from before the checkpoint before the newest.
 */
export function roundsKept(checkpoints: readonly StoredCheckpoint[], keep: number | null): number {
  const newest = checkpoints.at(-1)
  const before = checkpoints.at(-2)
  if (keep === null || !newest || !before) return 0
  return Math.max(0, Math.min(before.round - CHECKPOINT_EVERY, newest.round - keep))
}

/**
 * The checkpoints that are kept: the first, the two newest, those of the last `keep` rounds, and of
 * older ones the first of each 10,000 rounds (of each `keep` where that is more).
 */
export function checkpointsKept(
  checkpoints: readonly StoredCheckpoint[],
  keep: number | null,
): readonly StoredCheckpoint[] {
  const newest = checkpoints.at(-1)
  if (keep === null || !newest) return checkpoints
  const spacing = Math.max(keep, OLD_CHECKPOINT_EVERY)
  const spans = new Set<number>()
  return checkpoints.filter(({ round }, at) => {
    const span = Math.floor(round / spacing)
    const isFirst = !spans.has(span)
    spans.add(span)
    return isFirst || at >= checkpoints.length - 2 || round >= newest.round - keep
  })
}
