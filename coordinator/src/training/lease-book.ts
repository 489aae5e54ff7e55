import { allocate } from '@quorate/shared/lease/allocate'
import type { LeasePart } from '@quorate/shared/protocol/messages'
import type { StoredShard } from './ports.ts'

/** A lease not renewed for this long returns to the pool. */
export const LEASE_MS = 60_000
/** Where somebody waits for data, who has held some for so long makes room and waits in turn. */
export const TURN_MS = 5 * 60_000

/** Chunks of one shard. */
export interface Held {
  readonly shard: number
  readonly chunks: readonly string[]
}

interface Lease {
  version: number
  parts: readonly (Held & { readonly fraction: number })[]
  expiresAtMs: number
  /** Since when it has had any data. */
  sinceMs: number
}

/**
 * Who holds which chunks. Nothing moves while a round is open: `settle` is called between rounds,
 * and only where someone came, left or let a lease run out.
 */
export class LeaseBook {
  readonly #shards: readonly StoredShard[]
  readonly #shared: boolean
  readonly #leases = new Map<number, Lease>()
  #stale = true

  constructor(shards: readonly StoredShard[], shared: boolean) {
    this.#shards = shards
    this.#shared = shared
  }

  /** A contributor takes part; `held` is what it had before, after a restart. */
  add(contributor: number, held: readonly Held[], nowMs: number): void {
    if (this.#leases.has(contributor)) return this.renew(contributor, nowMs)
    const parts = held.map((part) => ({ ...part, fraction: 0 }))
    const lease = { version: 0, parts, expiresAtMs: nowMs + LEASE_MS, sinceMs: nowMs }
    this.#leases.set(contributor, lease)
    this.#stale = true
  }

  renew(contributor: number, nowMs: number): void {
    const lease = this.#leases.get(contributor)
    if (lease) lease.expiresAtMs = nowMs + LEASE_MS
  }

  /** Gives everything back at once. */
  release(contributor: number): void {
    if (this.#leases.delete(contributor)) this.#stale = true
  }

  holds(contributor: number): boolean {
    return this.#leases.has(contributor)
  }

  /** Drops what has expired and shares out anew; returns who expired and whose lease changed. */
  settle(nowMs: number): { expired: number[]; changed: number[] } {
    const expired = [...this.#leases]
      .filter(([, lease]) => lease.expiresAtMs <= nowMs)
      .map(([contributor]) => contributor)
    for (const contributor of expired) this.release(contributor)
    const made = this.#takeTurns(nowMs)
    if (!this.#stale) return { expired, changed: [] }
    this.#stale = false
    const shares = allocate(
      this.#shards.map(({ shard, chunks }) => ({ shard, chunks: chunks.map((c) => c.digest) })),
      [...this.#leases].map(([number, lease]) => ({ number, held: lease.parts })),
      this.#shared,
    )
    const changed: number[] = []
    for (const [contributor, lease] of this.#leases) {
      const parts = shares.get(contributor) ?? []
      const same = lease.version > 0 && sameParts(parts, lease.parts)
      if (same && !made.has(contributor)) continue
      lease.version += 1
      if (lease.parts.length === 0) lease.sinceMs = nowMs
      lease.parts = parts
      changed.push(contributor)
    }
    return { expired, changed }
  }

  /**
   * As many as wait take the place of those who have had data the longest, if that is long; who
   * made room stands last in line.
   */
  #takeTurns(nowMs: number): ReadonlySet<number> {
    const all = [...this.#leases]
    const waiting = all.filter(([, { version, parts }]) => version > 0 && parts.length === 0)
    if (waiting.length === 0) return new Set()
    const due = all
      .filter(([, { parts, sinceMs }]) => parts.length > 0 && nowMs - sinceMs >= TURN_MS)
      .sort(([, a], [, b]) => a.sinceMs - b.sinceMs)
      .slice(0, waiting.length)
    for (const [contributor, lease] of due) {
      this.#leases.delete(contributor)
      this.#leases.set(contributor, { ...lease, parts: [] })
      this.#stale = true
    }
    return new Set(due.map(([contributor]) => contributor))
  }

  /** The lease as the contributor is told it. */
  lease(contributor: number): { version: number; parts: LeasePart[] } | null {
    const lease = this.#leases.get(contributor)
    if (!lease) return null
    const parts = lease.parts.map(({ shard, chunks, fraction }) => {
      const held = new Set(chunks)
      const all = this.#shards.find((entry) => entry.shard === shard)?.chunks ?? []
      return { shard, fraction, chunks: all.filter((chunk) => held.has(chunk.digest)) }
    })
    return { version: lease.version, parts }
  }

  parts(contributor: number): Lease['parts'] {
    return this.#leases.get(contributor)?.parts ?? []
  }
}

function sameParts(a: Lease['parts'], b: Lease['parts']): boolean {
  const text = (parts: Lease['parts']) => JSON.stringify(parts.map((p) => [p.shard, p.chunks]))
  return text(a) === text(b)
}
