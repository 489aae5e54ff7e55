import { median } from './shape.ts'

/** So many of its own rounds are what a contributor's gradient is held against. */
const RECENT = 9

/**
 * What scales a gradient of mean size `size` down to `clip` times the median of `recent`, the
 * sizes of the last rounds before they were clipped; 1 where it is not larger, while there is
 * nothing to compare with, and without a `clip`.
 *
 * Source: AutoClip (Seetharaman et al., 2020) with the median as its percentile; docs/adr/0012.
 */
export function clipFactor(
  size: number,
  recent: readonly number[],
  clip: number | null | undefined,
): number {
  if (recent.length === 0) return 1
  const most = (clip ?? Infinity) * median(recent)
  return most > 0 && size > most ? most / size : 1
}

/** `size` as it would be at a share of 1, so that a change of lease is no burst. */
export function usualSize(size: number, share = 1): number {
  return share > 0 ? size / share : 0
}

/** Adds the size of a decided round to `recent`, oldest first, in place. */
export function rememberSize(recent: number[], size: number): void {
  recent.push(size)
  if (recent.length > RECENT) recent.shift()
}
