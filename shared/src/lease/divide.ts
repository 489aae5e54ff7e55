/** How much of an item somebody has already: items stay where the claim is highest. */
export interface Claim {
  /** Index of the item. */
  readonly item: number
  /** Index of who claims it. */
  readonly taker: number
  /** Above 0. */
  readonly strength: number
}

/**
 * Gives `items` items to `takers` takers, one taker each, so that their counts differ by at most
 * one and as few items as can be leave who claims them: returns the taker of each item.
 *
 * The stronger claim goes first, then the earlier taker; items nobody may keep go to who has too
 * few, the earlier first. `takers` is at least 1 where there are items.
 */
export function divideEvenly(
  items: number,
  takers: number,
  claims: readonly Claim[],
): readonly number[] {
  const few = Math.floor(items / takers)
  let extras = items - few * takers
  const takerOf = new Array<number>(items).fill(-1)
  const counts = new Array<number>(takers).fill(0)
  const give = (item: number, taker: number) => {
    takerOf[item] = taker
    counts[taker] = (counts[taker] ?? 0) + 1
    if (counts[taker] > few) extras--
  }
  for (const { item, taker } of byStrength(claims)) {
    const count = counts[taker] ?? 0
    const mayKeep = count < few || (count === few && extras > 0)
    if (takerOf[item] === -1 && mayKeep) give(item, taker)
  }
  const free = takerOf.flatMap((taker, item) => (taker === -1 ? [item] : [])).reverse()
  for (let taker = 0; taker < takers; taker++) {
    while ((counts[taker] ?? 0) < few) give(free.pop() ?? NaN, taker)
  }
  for (let taker = 0; free.length > 0; taker++) {
    if (counts[taker] === few) give(free.pop() ?? NaN, taker)
  }
  return takerOf
}

/** Strongest first; equal ones by taker, then by item. */
export function byStrength(claims: readonly Claim[]): Claim[] {
  return [...claims].sort((a, b) => b.strength - a.strength || a.taker - b.taker || a.item - b.item)
}
