import type { Clock } from '@quorate/shared/clock/clock'
import { AddressLimit } from './address-limit.ts'
import { Allowance, OWN_SIZE, timesSize } from './allowance.ts'
import { Bucket } from './bucket.ts'
import { PerAddress } from './per-address.ts'

/** Where nothing else is set: a class or an office behind one router. */
export const CONTRIBUTORS_PER_ADDRESS = 64
/** Strangers of one address at once (a class behind one router), at least, and on the long run. */
const NEWCOMERS_AT_ONCE = 128
const NEWCOMERS_PER_MINUTE = 12
/** An address may say by itself as much as so large a part of its contributors together. */
const SHARE_OF_ADDRESS = 1 / 4

/** How many may come from one address, and how much it may say. Who comes back with its token is no stranger. */
export class Admission {
  readonly contributorsPerAddress: number
  readonly #clock: Clock
  readonly #present: AddressLimit
  readonly #newcomers: PerAddress<Bucket>
  readonly #allowances: PerAddress<Allowance>

  constructor(clock: Clock, contributorsPerAddress: number) {
    this.#clock = clock
    this.contributorsPerAddress = contributorsPerAddress
    this.#present = new AddressLimit(contributorsPerAddress)
    const atOnce = Math.max(NEWCOMERS_AT_ONCE, 2 * contributorsPerAddress)
    const newcomers = { most: atOnce, perSecond: NEWCOMERS_PER_MINUTE / 60 }
    this.#newcomers = new PerAddress(() => new Bucket(newcomers, clock.nowMs()))
    const size = timesSize(OWN_SIZE, 1 + contributorsPerAddress * SHARE_OF_ADDRESS)
    this.#allowances = new PerAddress(() => new Allowance(size, clock.nowMs()))
  }

  /** Counts one more stranger; false where the address has sent too many. */
  newcomer(address: string): boolean {
    return this.#newcomers.of(address).take(1, this.#clock.nowMs())
  }

  hasRoom(address: string): boolean {
    return this.#present.hasRoom(address)
  }

  /** A contributor is here; false, and nothing is counted, where the address has as many as it may. */
  enter(address: string): boolean {
    return this.#present.enter(address)
  }

  leave(address: string): void {
    this.#present.leave(address)
  }

  /** What all connections of the address may say together, besides what rounds ask of them. */
  allowanceOf(address: string): Allowance {
    return this.#allowances.of(address)
  }
}
