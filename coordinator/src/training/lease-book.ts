import { allocate } from '@quorate/shared/lease/allocate'
import type { ChunkRef, LeasePart } from '@quorate/shared/protocol/messages'
import { LeaseWindow } from './lease-window.ts'
import type { StoredShard } from './ports.ts'

/** A lease not renewed for this long returns to the pool. */
export const LEASE_MS = 60_000
/** Who neither votes nor could vote for so long holds data in vain: loading never takes longer. */
export const IDLE_MS = 10 * 60_000
/** Where somebody waits for data, who has held some for so long makes room and waits in turn. */
export const TURN_MS = 5 * 60_000

/** Chunks of one shard. */
export interface Held {
  readonly shard: number
  readonly chunks: readonly string[]
}

/** A leased part of a shard, and how much of the shard that is. */
interface Part extends Held {
  readonly fraction: number
}

/** Whether a contributor that holds some of these chunks could draw from them now. */
export type Draws = (contributor: number, chunks: Iterable<string>) => boolean

interface Lease {
  version: number
  /** What it is to hold. */
  target: readonly Part[]
  /** What it holds: the target, and what those it goes to cannot draw from yet. */
  parts: readonly Part[]
  /** What of `parts` the contributor was told to hold. */
  window: LeaseWindow
  expiresAtMs: number
  /** Since when it has not voted, or been ready while nobody was asked to. */
  idleSinceMs: number
  /** Since when it has had any data. */
  sinceMs: number
}

/**
 * Who holds which chunks, and which of them now. Nothing moves while a round is open: `settle` is
 * called between rounds, and only where someone came, left or let a lease run out, or where the
 * window of a large lease has stood long enough. Who draws from a shard that goes to another keeps
 * it until the other has loaded some of that shard: no shard is missing from the rounds meanwhile.
 */
export class LeaseBook {
  readonly #shards: readonly StoredShard[]
  /** Shard → digest → chunk. */
  readonly #chunks: ReadonlyMap<number, ReadonlyMap<string, ChunkRef>>
  readonly #shared: boolean
  readonly #leases = new Map<number, Lease>()
  #stale = true
  /** Chunk → whose target it is in; empty where leases are shared. */
  readonly #takers = new Map<string, number>()
  /** Who holds more than its target. */
  readonly #keepers = new Set<number>()

  constructor(shards: readonly StoredShard[], shared: boolean) {
    this.#shards = shards
    this.#chunks = new Map(
      shards.map(({ shard, chunks }) => [
        shard,
        new Map(chunks.map((each) => [each.digest, each])),
      ]),
    )
    this.#shared = shared
  }

  /** A contributor takes part; `held` is what it had before, after a restart. */
  add(contributor: number, held: readonly Held[], nowMs: number): void {
    if (this.#leases.has(contributor)) return this.keep(contributor, nowMs)
    const parts = held.map((part) => ({ ...part, fraction: 0 }))
    const window = new LeaseWindow([], { first: 0, nowMs })
    const times = { expiresAtMs: nowMs + LEASE_MS, idleSinceMs: nowMs, sinceMs: nowMs }
    this.#leases.set(contributor, { version: 0, target: parts, parts, window, ...times })
    this.#stale = true
  }

  /** It votes, or would if it were asked. */
  renew(contributor: number, nowMs: number): void {
    const lease = this.#leases.get(contributor)
    if (!lease) return
    lease.expiresAtMs = nowMs + LEASE_MS
    lease.idleSinceMs = nowMs
  }

  /** It is here and not ready yet: that is believed for `IDLE_MS`. */
  keep(contributor: number, nowMs: number): void {
    const lease = this.#leases.get(contributor)
    if (lease && nowMs - lease.idleSinceMs < IDLE_MS) lease.expiresAtMs = nowMs + LEASE_MS
  }

  /** Gives everything back at once. */
  release(contributor: number): void {
    this.#keepers.delete(contributor)
    if (this.#leases.delete(contributor)) this.#stale = true
  }

  holds(contributor: number): boolean {
    return this.#leases.has(contributor)
  }

  /** Drops what has expired and shares out anew; returns who expired and whose lease changed. */
  settle(nowMs: number, draws: Draws): { expired: number[]; changed: number[] } {
    const expired = [...this.#leases]
      .filter(([, lease]) => lease.expiresAtMs <= nowMs)
      .map(([contributor]) => contributor)
    for (const contributor of expired) this.release(contributor)
    const moved = [...this.#leases]
      .filter(([, { window }]) => window.move(nowMs))
      .map(([contributor]) => contributor)
    // What is due goes before anything is shared out anew: its taker may have to keep it for a third.
    const due = this.#handOver([...this.#keepers], draws, nowMs)
    this.#takeTurns(nowMs)
    const shared = this.#stale
    if (shared) this.#share(nowMs)
    const others = shared ? this.#handOver([...this.#leases.keys()], draws, nowMs) : []
    const changed = new Set([...moved, ...due, ...others])
    for (const contributor of changed) (this.#leases.get(contributor) as Lease).version += 1
    return { expired, changed: [...changed] }
  }

  /** Shares out anew. What was on its way to somebody who has left stays with who still has it. */
  #share(nowMs: number): void {
    this.#stale = false
    const stays = (chunk: string) => !this.#leases.has(this.#takers.get(chunk) ?? NaN)
    const claimOf = ({ target, parts }: Lease): Held[] => {
      const wanted = digestsOf(target)
      return parts.map(({ shard, chunks }) => {
        return { shard, chunks: chunks.filter((chunk) => wanted.has(chunk) || stays(chunk)) }
      })
    }
    const shares = allocate(
      this.#shards.map(({ shard, chunks }) => ({ shard, chunks: chunks.map((c) => c.digest) })),
      [...this.#leases].map(([number, lease]) => ({ number, held: claimOf(lease) })),
      this.#shared,
    )
    this.#takers.clear()
    for (const [contributor, lease] of this.#leases) {
      const target = shares.get(contributor) ?? []
      if (lease.target.length === 0) lease.sinceMs = nowMs
      lease.target = target
      if (this.#shared) continue
      for (const { chunks } of target) {
        for (const chunk of chunks) this.#takers.set(chunk, contributor)
      }
    }
  }

  /** Lets go of what is drawn from elsewhere by now; returns whose lease is another. */
  #handOver(contributors: readonly number[], draws: Draws, nowMs: number): number[] {
    const held = contributors.map((contributor) => {
      const lease = this.#leases.get(contributor) as Lease
      return { contributor, lease, kept: this.#keptBy(contributor, lease, draws) }
    })
    const changed: number[] = []
    for (const { contributor, lease, kept } of held) {
      if (kept.length > 0) this.#keepers.add(contributor)
      else this.#keepers.delete(contributor)
      const parts = this.#joined(lease.target, kept)
      if (lease.version > 0 && sameParts(parts, lease.parts)) continue
      lease.parts = parts
      const chunks = parts.map((part) => this.#chunksOf(part))
      lease.window = new LeaseWindow(chunks, { first: lease.window.first, nowMs })
      changed.push(contributor)
    }
    return changed
  }

  /** What it draws from that goes to others, who cannot draw from it yet. */
  #keptBy(contributor: number, { target, parts }: Lease, draws: Draws): Held[] {
    const wanted = digestsOf(target)
    return parts.flatMap(({ shard, chunks }) => {
      const all = this.#chunks.get(shard)
      const lost = chunks.filter((chunk) => !wanted.has(chunk) && this.#takers.has(chunk))
      if (lost.length === 0 || !all || !draws(contributor, all.keys())) return []
      const takers = new Set(lost.map((chunk) => this.#takers.get(chunk) as number))
      const late = new Set([...takers].filter((taker) => !draws(taker, all.keys())))
      const kept = lost.filter((chunk) => late.has(this.#takers.get(chunk) as number))
      return kept.length > 0 ? [{ shard, chunks: kept }] : []
    })
  }

  /** Both together, the chunks of each shard in its order. */
  #joined(target: readonly Part[], kept: readonly Held[]): readonly Part[] {
    if (kept.length === 0) return target
    const wanted = digestsOf([...target, ...kept])
    const shards = new Set([...target, ...kept].map(({ shard }) => shard))
    return [...shards]
      .sort((a, b) => a - b)
      .map((shard) => {
        const all = [...(this.#chunks.get(shard)?.keys() ?? [])]
        const chunks = all.filter((chunk) => wanted.has(chunk))
        return { shard, chunks, fraction: chunks.length / all.length }
      })
  }

  /**
   * As many as wait take the place of those who have had data the longest, if that is long; who
   * made room stands last in line.
   */
  #takeTurns(nowMs: number): void {
    const all = [...this.#leases]
    const waiting = all.filter(([, { version, target }]) => version > 0 && target.length === 0)
    if (waiting.length === 0) return
    const due = all
      .filter(([, { target, sinceMs }]) => target.length > 0 && nowMs - sinceMs >= TURN_MS)
      .sort(([, a], [, b]) => a.sinceMs - b.sinceMs)
      .slice(0, waiting.length)
    for (const [contributor, lease] of due) {
      this.#leases.delete(contributor)
      this.#leases.set(contributor, { ...lease, target: [] })
      this.#stale = true
    }
  }

  /** The lease as the contributor is told it. */
  lease(contributor: number): { version: number; parts: LeasePart[] } | null {
    const lease = this.#leases.get(contributor)
    if (!lease) return null
    const { digests } = lease.window
    const parts = lease.parts.map((part) => ({
      shard: part.shard,
      fraction: part.fraction,
      chunks: this.#chunksOf(part).filter(({ digest }) => digests.has(digest)),
    }))
    return { version: lease.version, parts: parts.filter(({ chunks }) => chunks.length > 0) }
  }

  /** The chunks that the contributor was told to hold: all that it leases, or as many as it can. */
  held(contributor: number): ReadonlySet<string> {
    return this.#leases.get(contributor)?.window.digests ?? new Set()
  }

  #chunksOf({ shard, chunks }: Held): ChunkRef[] {
    const known = this.#chunks.get(shard)
    return chunks.flatMap((digest) => known?.get(digest) ?? [])
  }

  /** All that it leases, of which it holds what `held` has. */
  parts(contributor: number): Lease['parts'] {
    return this.#leases.get(contributor)?.parts ?? []
  }
}

function digestsOf(parts: readonly Held[]): ReadonlySet<string> {
  return new Set(parts.flatMap(({ chunks }) => chunks))
}

function sameParts(a: Lease['parts'], b: Lease['parts']): boolean {
  return a.length === b.length && a.every((part, k) => samePart(part, b[k]))
}

function samePart(a: Held, b: Held | undefined): boolean {
  return (
    a.shard === b?.shard &&
    a.chunks.length === b.chunks.length &&
    a.chunks.every((chunk, k) => chunk === b.chunks[k])
  )
}
