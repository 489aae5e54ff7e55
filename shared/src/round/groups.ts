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

/**
 * Owner and auditor of each slice: each member owns about as many as the others, from a place on
 * that `draw` picks, and so with auditors, who are never the owner. Nobody can choose whose slices
 * it reckons, or who checks it.
 */
export function planGroups(
  groups: readonly (readonly number[])[],
  sliceCount: number,
  chance: {
    /** 0..n−1, from a seed that only the coordinator has. */
    readonly below: (n: number) => number
    /** Of how many of a million slices are counted again, 0..10⁶. */
    readonly recountsPerMillion: number
  },
): GroupPlan[] {
  return groups.map((members) => {
    const at = (place: number) => members[place % members.length] as number
    const slices = Array.from({ length: sliceCount }, (_, slice) => slice)
    if (members.length === 1) {
      return { members, owners: slices.map(() => at(0)), auditors: [], recounts: [] }
    }
    const first = chance.below(members.length)
    const apart = 1 + chance.below(members.length - 1)
    return {
      members,
      owners: slices.map((slice) => at(first + slice)),
      auditors: slices.map((slice) => at(first + slice + apart)),
      recounts: slices.filter(() => chance.below(1_000_000) < chance.recountsPerMillion),
    }
  })
}
