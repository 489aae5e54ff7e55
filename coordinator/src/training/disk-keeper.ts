/**
 * Looks after the room on the disk: lets go what is not needed when it gets scarce, holds the runs
 * when there is none, and has them go on when there is room again.
 */
import { detailOf } from '@quorate/shared/failure/detail'
import type { Clock } from '@quorate/shared/clock/clock'
import type { Log, Room, RoomPort } from './ports.ts'

/** Less than this on the disk is too little to go on with. */
export const RESERVE_BYTES = 32 * 1024 * 1024
/** Runs that were held go on when there is this much. */
const RELIEF_BYTES = 2 * RESERVE_BYTES
/** Of the limit: above it, what is not needed goes; below it, runs that were held go on. */
const NEAR = 0.9

const LOOK_EVERY_MS = 30_000
const SWEEP_EVERY_MS = 600_000
const FIRST_RETRY_MS = 5000
const LONGEST_RETRY_MS = 300_000
/** After so long without trouble the next one is tried again as soon as the first. */
const FORGIVEN_AFTER_MS = 600_000

/** What there is too little of. */
export type Lack = 'DISK_FULL' | 'DISK_LIMIT'

export interface DiskKeeperPorts {
  readonly room: RoomPort
  readonly clock: Clock
  readonly log: Log
  /** Deletes files that nothing needs. */
  readonly sweep: () => Promise<void>
  /** What else may go, in this order, as long as room is scarce. */
  readonly freeing: readonly (() => Promise<void>)[]
  /** All runs that train are held; those that are held already stay so. */
  readonly hold: (lack: Lack) => void
  /** Those that were held go on. */
  readonly release: () => void
}

export class DiskKeeper {
  readonly #ports: DiskKeeperPorts
  #cancel: () => void = () => {}
  #state: 'roomy' | 'scarce' = 'roomy'
  /** How often in a row there was no room, for the time to the next look. */
  #failures = 0
  #lackedAtMs = Number.NEGATIVE_INFINITY
  #sweptAtMs: number
  #looking: Promise<void> | null = null
  #closed = false

  constructor(ports: DiskKeeperPorts) {
    this.#ports = ports
    this.#sweptAtMs = ports.clock.nowMs()
  }

  /** Looks now, and again and again until `close`. */
  start(): Promise<void> {
    return this.#look()
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#cancel()
    await this.#looking
  }

  /** A write failed for want of room, whatever the disk says of itself. */
  lacking(): void {
    if (this.#closed) return
    this.#lacked()
    this.#ports.hold('DISK_FULL')
    this.#schedule()
  }

  #look(): Promise<void> {
    this.#looking ??= this.#lookOnce()
      .catch((error: unknown) => {
        this.#ports.log.error({ error: detailOf(error) }, 'the room on the disk is not known')
      })
      .finally(() => {
        this.#looking = null
        this.#schedule()
      })
    return this.#looking
  }

  async #lookOnce(): Promise<void> {
    const { room, sweep, freeing, log, hold, release, clock } = this.#ports
    if (clock.nowMs() - this.#sweptAtMs >= SWEEP_EVERY_MS) {
      this.#sweptAtMs = clock.nowMs()
      await sweep()
    }
    let seen = await room.look()
    if (isNear(seen)) {
      log.warn({ ...seen }, 'room on the disk is scarce: what is not needed goes')
      for (const free of [sweep, ...freeing]) {
        await free()
        seen = await room.look()
        if (this.#closed || !isNear(seen)) break
      }
    }
    if (this.#closed) return
    const lack = lackOf(seen)
    if (lack !== null) {
      this.#lacked()
      hold(lack)
    } else if (this.#state === 'scarce' && isRelieved(seen)) {
      this.#state = 'roomy'
      release()
    } else if (clock.nowMs() - this.#lackedAtMs > FORGIVEN_AFTER_MS) {
      this.#failures = 0
    }
  }

  #lacked(): void {
    this.#state = 'scarce'
    this.#failures += 1
    this.#lackedAtMs = this.#ports.clock.nowMs()
  }

  #schedule(): void {
    this.#cancel()
    if (this.#closed) return
    const backOffMs = FIRST_RETRY_MS * 2 ** Math.min(20, this.#failures - 1)
    const delayMs = this.#state === 'roomy' ? LOOK_EVERY_MS : Math.min(LONGEST_RETRY_MS, backOffMs)
    this.#cancel = this.#ports.clock.after(delayMs, () => void this.#look())
  }
}

function lackOf({ freeBytes, usedBytes, limitBytes }: Room): Lack | null {
  if (limitBytes !== null && usedBytes > limitBytes) return 'DISK_LIMIT'
  return freeBytes < RESERVE_BYTES ? 'DISK_FULL' : null
}

function isNear({ freeBytes, usedBytes, limitBytes }: Room): boolean {
  return freeBytes < RELIEF_BYTES || (limitBytes !== null && usedBytes > NEAR * limitBytes)
}

/** Enough to go on with, so that runs do not stop and go from one round to the next. */
function isRelieved({ freeBytes, usedBytes, limitBytes }: Room): boolean {
  const underLimit = limitBytes === null || usedBytes <= ((1 + NEAR) / 2) * limitBytes
  return freeBytes >= RELIEF_BYTES && underLimit
}
