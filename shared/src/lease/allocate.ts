import type { Claim } from './divide.ts'
import { byStrength, divideEvenly } from './divide.ts'

/** Chunks of one shard, by digest. */
export interface ShardChunks {
  readonly shard: number
  readonly chunks: readonly string[]
}

/** Somebody to lease to, and what it holds now. */
export interface Lessee {
  readonly number: number
  readonly held: readonly ShardChunks[]
}

export interface Allotment {
  readonly shard: number
  readonly chunks: string[]
  /** Chunks allotted / chunks in the shard. */
  readonly fraction: number
}

/**
 * Who leases which chunks: every chunk exactly one contributor's or, if `shared`, everybody's.
 *
 * - No more contributors than shards: whole shards, counts differing by at most one.
 * - More: each has a part of one shard; contributors are spread over shards, and a shard's chunks
 *   over its contributors, as evenly as can be.
 * - More than chunks: those who hold nothing yet wait, the last in the list, with an empty list: a
 *   newcomer evicts nobody.
 *
 * Chunks stay with their holder as far as that allows. Deterministic, and stable: fed its own
 * answer as `held`, it gives the same answer. Shards without chunks are passed over.
 */
export function allocate(
  shards: readonly ShardChunks[],
  contributors: readonly Lessee[],
  shared: boolean,
): Map<number, Allotment[]> {
  const full = shards.filter(({ chunks }) => chunks.length > 0)
  const leases = new Map<number, Allotment[]>(contributors.map(({ number }) => [number, []]))
  if (contributors.length === 0) return leases
  const order = holdersOf(full, contributors)
  const teams = shared ? full.map(() => order) : teamsOf(full, order)
  full.forEach((shard, s) => {
    const team = teams[s] ?? []
    const parts = shared
      ? team.map(() => [...shard.chunks])
      : divideChunks(shard.chunks, claimsOf(shard.chunks, team, s))
    team.forEach(({ number }, k) => {
      const chunks = parts[k] ?? []
      const fraction = chunks.length / shard.chunks.length
      leases.get(number)?.push({ shard: shard.shard, chunks, fraction })
    })
  })
  return leases
}

/** A contributor, with the known chunks it holds of each shard, by the shard's place in the list. */
interface Holder {
  readonly number: number
  readonly held: ReadonlyMap<number, ReadonlySet<string>>
}

/** The contributors in their order, without the shards and chunks that do not exist. */
function holdersOf(
  shards: readonly ShardChunks[],
  contributors: readonly Lessee[],
): readonly Holder[] {
  const placeOf = new Map(shards.map(({ shard }, s) => [shard, s]))
  const known = shards.map(({ chunks }) => new Set(chunks))
  return contributors.map(({ number, held }): Holder => {
    const mine = new Map<number, ReadonlySet<string>>()
    for (const { shard, chunks } of held) {
      const s = placeOf.get(shard) ?? -1
      const real = chunks.filter((chunk) => known[s]?.has(chunk))
      if (real.length > 0) mine.set(s, new Set(real))
    }
    return { number, held: mine }
  })
}

/** Who leases from each shard: one each while shards suffice, else teams of even size. */
function teamsOf(shards: readonly ShardChunks[], order: readonly Holder[]): Holder[][] {
  const claims = shardClaims(shards, order)
  const teams: Holder[][] = shards.map(() => [])
  if (order.length <= shards.length) {
    divideEvenly(shards.length, order.length, claims).forEach((taker, s) => {
      teams[s]?.push(...order.slice(taker, taker + 1))
    })
    return teams
  }
  const sizes = teamSizes(shards, order)
  const placed = new Set<number>()
  const place = (s: number, taker: number) => {
    if (placed.has(taker) || (teams[s]?.length ?? 0) >= (sizes[s] ?? 0)) return
    placed.add(taker)
    teams[s]?.push(...order.slice(taker, taker + 1))
  }
  for (const { item, taker } of byStrength(claims)) place(item, taker)
  const waiting = [...order.keys()].filter((taker) => !placed.has(taker))
  sizes.forEach((size, s) => {
    const open = size - (teams[s]?.length ?? 0)
    for (const taker of waiting.splice(0, open)) place(s, taker)
  })
  return teams
}

/** A shard's claims: the share of its chunks that each contributor holds. */
function shardClaims(shards: readonly ShardChunks[], order: readonly Holder[]): Claim[] {
  return order.flatMap(({ held }, taker) =>
    [...held].map(([item, chunks]) => ({
      item,
      taker,
      strength: chunks.size / (shards[item]?.chunks.length ?? 1),
    })),
  )
}

/**
 * Contributors per shard when there are more of them than shards: equal up to one and never more
 * than the shard's chunks. Where one more fits, shards that have more holders come first.
 */
function teamSizes(shards: readonly ShardChunks[], order: readonly Holder[]): number[] {
  const roomAt = (level: number) =>
    shards.reduce((sum, { chunks }) => sum + Math.min(level, chunks.length), 0)
  const largest = shards.reduce((most, { chunks }) => Math.max(most, chunks.length), 0)
  let level = 1
  while (level < largest && roomAt(level + 1) <= order.length) level++
  let rest = order.length - roomAt(level)
  const holders = shards.map(() => 0)
  for (const { held } of order) for (const s of held.keys()) holders[s] = (holders[s] ?? 0) + 1
  const sizes = shards.map(({ chunks }) => Math.min(level, chunks.length))
  const byHolders = [...shards.keys()].sort((a, b) => (holders[b] ?? 0) - (holders[a] ?? 0))
  for (const s of byHolders) {
    if (rest <= 0 || (shards[s]?.chunks.length ?? 0) <= level) continue
    sizes[s] = level + 1
    rest--
  }
  return sizes
}

/** The chunks that each of `takers` gets, in the shard's order. */
function divideChunks(
  chunks: readonly string[],
  { takers, claims }: { readonly takers: number; readonly claims: readonly Claim[] },
): string[][] {
  const parts: string[][] = Array.from({ length: takers }, () => [])
  divideEvenly(chunks.length, takers, claims).forEach((taker, item) => {
    parts[taker]?.push(...chunks.slice(item, item + 1))
  })
  return parts
}

/** What the team of shard `s` holds of its chunks. */
function claimsOf(
  chunks: readonly string[],
  team: readonly Holder[],
  s: number,
): { takers: number; claims: Claim[] } {
  const claims = team.flatMap(({ held }, taker) => {
    const mine = held.get(s)
    return chunks.flatMap((chunk, item) => (mine?.has(chunk) ? [{ item, taker, strength: 1 }] : []))
  })
  return { takers: team.length, claims }
}
