import { detailOf } from '@quorate/shared/failure/detail'
import type { Clock } from '@quorate/shared/clock/clock'
import type { CoordinatorMessage } from '@quorate/shared/protocol/messages'
import type { Contributor } from './contributor.ts'
import type { EventLog } from './event-log.ts'
import { LEASE_MS } from './lease-book.ts'
import type { LeaseBook } from './lease-book.ts'
import type { Participant } from './opening.ts'
import type { Store, StoredRun } from './ports.ts'
import type { Roster } from './roster.ts'
import type { RunModel } from './run-model.ts'

export interface LeasingParts {
  readonly stored: StoredRun
  readonly model: RunModel
  readonly roster: Roster
  readonly leases: LeaseBook
  readonly events: EventLog
  readonly store: Store
  readonly clock: Clock
}

/** Tells contributors what they hold, and keeps for a restart who holds it. */
export class Leasing {
  readonly #parts: LeasingParts
  /** Whose lease has changed since it was kept. */
  readonly #unsaved = new Set<Contributor>()

  constructor(parts: LeasingParts) {
    this.#parts = parts
  }

  /**
   * Shares out the data anew where somebody came or left. Only while no round is open; `save`
   * follows, behind what must not wait for the database.
   */
  settle(): void {
    const { leases, roster, clock } = this.#parts
    const nowMs = clock.nowMs()
    for (const { number } of roster.ready()) {
      if (!leases.holds(number)) leases.add(number, [], nowMs)
    }
    const { changed, expired } = leases.settle(nowMs, (number, chunks) => {
      const contributor = roster.get(number)
      if (contributor?.status !== 'ready' || contributor.restsUntilMs > nowMs) return false
      for (const chunk of chunks) if (contributor.loaded.has(chunk)) return true
      return false
    })
    for (const number of expired) this.#end(roster.get(number))
    for (const number of changed) this.send(number)
  }

  /** Who could take part in a round that opens now, and how many shards each draws from. */
  participants(): Participant[] {
    const nowMs = this.#parts.clock.nowMs()
    return this.#parts.roster
      .ready()
      .filter(({ restsUntilMs }) => restsUntilMs <= nowMs)
      .map((contributor) => ({ contributor, shards: this.#shardsDrawn(contributor) }))
      .filter(({ shards }) => shards > 0)
  }

  /** Keeps the leases that have changed. */
  save(): void {
    for (const contributor of this.#unsaved) this.remember(contributor)
  }

  /** Tells a contributor its lease; `save` keeps it. */
  send(number: number): void {
    const contributor = this.#parts.roster.get(number)
    const lease = this.#parts.leases.lease(number)
    if (!contributor || !lease) return
    const chunks = this.#parts.leases.held(number)
    for (const chunk of contributor.loaded.keys()) {
      if (!chunks.has(chunk)) contributor.loaded.delete(chunk)
    }
    if (contributor.status === 'waiting' && lease.parts.length > 0) contributor.status = 'joining'
    if (contributor.status === 'joining' && lease.parts.length === 0) contributor.status = 'waiting'
    contributor.send({ type: 'lease', ...lease, expiresInMs: LEASE_MS })
    this.#unsaved.add(contributor)
  }

  /** Keeps what a restart must know of a contributor. */
  remember(contributor: Contributor): void {
    this.#unsaved.delete(contributor)
    const { store, stored, leases, model } = this.#parts
    const { number, id, name, tokenHash, joinedAtMs, lastSeenMs, banned } = contributor
    const { roundsCounted, roundsMissed } = contributor
    const shards = leases.parts(number).map(({ shard, chunks }) => ({ shard, chunks }))
    const row = { number, id, name, tokenHash, joinedAtMs, lastSeenMs, banned }
    const figures = { roundsCounted, roundsMissed, savedAtRound: model.round }
    this.#kept(store.saveContributor(stored.id, { ...row, shards, ...figures }), name)
  }

  /** It cannot come back by its token any more. */
  forget(contributor: Contributor): void {
    const { number, name } = contributor
    const { store, stored, leases } = this.#parts
    this.#unsaved.delete(contributor)
    leases.release(number)
    this.#kept(store.forgetContributor(stored.id, number), name)
  }

  #end(contributor: Contributor | undefined): void {
    if (!contributor) return
    contributor.loaded.clear()
    contributor.send(noLease)
    this.#unsaved.add(contributor)
  }

  /** h_n: leased shards, in fractions, of which at least one chunk is loaded. */
  #shardsDrawn(contributor: Contributor): number {
    return this.#parts.leases
      .parts(contributor.number)
      .filter(({ chunks }) => chunks.some((chunk) => contributor.loaded.has(chunk)))
      .reduce((sum, { fraction }) => sum + fraction, 0)
  }

  #kept(saving: Promise<void>, name: string): void {
    saving.catch((error: unknown) => {
      this.#parts.events.add('error', 'contributor-not-saved', detailOf(error), null, name)
    })
  }
}

const noLease: CoordinatorMessage = { type: 'lease', version: 0, parts: [], expiresInMs: 0 }
