import type { Clock } from '@quorate/shared/clock/clock'

/** Newcomers of one address at once (a class behind one router), and on the long run. */
export const NEWCOMERS_AT_ONCE = 128
const NEWCOMERS_PER_MINUTE = 12
/** Addresses that are remembered; the one heard of longest ago goes. */
const MAX_ADDRESSES = 10_000

interface Allowance {
  left: number
  atMs: number
}

/**
 * How many strangers an address may send: each costs a place, a lease and rows in the database.
 * Who comes back with its token is no stranger.
 */
export class Newcomers {
  readonly #clock: Clock
  /** Addresses by the time they were heard of last. */
  readonly #allowances = new Map<string, Allowance>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Counts one more; false where the address has sent too many. */
  admits(address: string): boolean {
    const nowMs = this.#clock.nowMs()
    const before = this.#allowances.get(address) ?? { left: NEWCOMERS_AT_ONCE, atMs: nowMs }
    const gained = ((nowMs - before.atMs) / 60_000) * NEWCOMERS_PER_MINUTE
    const left = Math.min(NEWCOMERS_AT_ONCE, before.left + gained)
    const admitted = left >= 1
    this.#allowances.delete(address)
    this.#allowances.set(address, { left: admitted ? left - 1 : left, atMs: nowMs })
    for (const oldest of this.#allowances.keys()) {
      if (this.#allowances.size <= MAX_ADDRESSES) break
      this.#allowances.delete(oldest)
    }
    return admitted
  }
}
