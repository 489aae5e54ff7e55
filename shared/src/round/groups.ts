import type { GroupPlan } from './round.ts'

export interface Candidate {
  readonly contributor: number
  /** Can exchange ballots over WebRTC; without it the contributor is a group of its own. */
  readonly mesh: boolean
}

/**
 * Groups of at most `size`: members stay together while they are here, newcomers fill the smallest
 * group, and the smallest groups are dissolved when the others have room for them.
 */
export function formGroups(
  candidates: readonly Candidate[],
  size: number,
  previous: readonly (readonly number[])[],
): number[][] {
  const meshed = candidates.filter((c) => c.mesh && size > 1).map((c) => c.contributor)
  const present = new Set(meshed)
  const alone = candidates.filter((c) => !present.has(c.contributor)).map((c) => [c.contributor])
  const wanted = Math.ceil(meshed.length / size)
  const kept = previous
    .map((group) => group.filter((member) => present.has(member)).slice(0, size))
    .filter((group) => group.length > 0)
    .sort((a, b) => b.length - a.length)
    .slice(0, wanted)
  while (kept.length < wanted) kept.push([])
  const placed = new Set(kept.flat())
  for (const contributor of meshed) {
    if (placed.has(contributor)) continue
    const smallest = kept.reduce((a, b) => (b.length < a.length ? b : a))
    smallest.push(contributor)
  }
  level(kept)
  return [...kept.map((group) => group.sort((a, b) => a - b)), ...alone]
}

/** A group of one among larger ones exchanges nothing: give it members of the largest. */
function level(groups: number[][]): void {
  if (groups.length < 2) return
  for (;;) {
    const largest = groups.reduce((a, b) => (b.length > a.length ? b : a))
    const smallest = groups.reduce((a, b) => (b.length < a.length ? b : a))
    if (smallest.length >= 2 || largest.length - smallest.length < 2) return
    smallest.push(largest.pop() as number)
  }
}

/** Slice owners of each group, rotated by round so that the work goes round. */
export function planGroups(
  groups: readonly (readonly number[])[],
  sliceCount: number,
  round: number,
): GroupPlan[] {
  return groups.map((members) => ({
    members,
    owners: Array.from(
      { length: sliceCount },
      (_, slice) => members[(slice + round) % members.length] as number,
    ),
  }))
}
