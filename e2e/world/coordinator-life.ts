/** One life of the coordinator: from its start to its SIGKILL, which may come between two writes. */
import type { BlobStore, Ledger, Ledgers, Store } from '@quorate/coordinator/training/ports'
import { changed } from './changed.ts'
import type { LocalClock } from './local-clock.ts'

/** What outlives it: the disk. */
export interface Disk {
  readonly store: Store
  readonly blobs: BlobStore
  readonly ledgers: Ledgers
}

/** Before a write nothing of it is on disk, after it all is; nobody has heard of it either way. */
export type WriteSide = 'before' | 'after'

export interface LifeOptions {
  readonly clock: LocalClock
  /** Asked before and after each write: true where it has killed. */
  readonly kills: (side: WriteSide, what: string) => boolean
}

type Method = keyof Store | keyof BlobStore | keyof Ledger | keyof Ledgers
const WRITE_METHODS: readonly Method[] = [
  'insertRun',
  'saveRunState',
  'deleteRun',
  'reserveAttempts',
  'appendRounds',
  'saveEvaluation',
  'appendEvent',
  'saveContributor',
  'forgetContributor',
  'insertCheckpoint',
  'insertShards',
  'put',
  'append',
  'covered',
  'delete',
]
const WRITES: ReadonlySet<string> = new Set(WRITE_METHODS)

/** A dead process gets no answer. */
const never = <T>() => new Promise<T>(() => {})

/**
 * The disk as one life of the coordinator sees it. Once the life has ended nothing that it still
 * asks for is done or answered, and its timers are gone.
 */
export class CoordinatorLife {
  readonly clock: LocalClock
  readonly store: Store
  readonly blobs: BlobStore
  readonly ledgers: Ledgers
  readonly #options: LifeOptions
  readonly #open: Ledger[] = []

  constructor(disk: Disk, options: LifeOptions) {
    this.#options = options
    this.clock = options.clock
    this.store = this.#mortal(disk.store)
    this.blobs = this.#mortal(disk.blobs)
    this.ledgers = changed(this.#mortal(disk.ledgers), {
      open: (run) => this.#openLedger(disk, run),
    })
  }

  get ended(): boolean {
    return this.clock.ended
  }

  /** SIGKILL: nothing is flushed, nobody is told. */
  async end(): Promise<void> {
    if (this.ended) return
    this.clock.end()
    // The lock on a dead process' ledger is free.
    await Promise.all(this.#open.map((ledger) => ledger.close()))
  }

  async #openLedger({ ledgers }: Disk, run: string): Promise<Ledger> {
    if (this.ended) return never()
    const inner = await ledgers.open(run)
    this.#open.push(inner)
    // What it reads anew is not a promise.
    return changed(this.#mortal(inner), { replay: (from) => inner.replay(from) })
  }

  /** Every method of `inner`, until the end. */
  #mortal<T extends object>(inner: T): T {
    return new Proxy(inner, {
      get: (target, key) => {
        const value = Reflect.get(target, key, target) as unknown
        if (typeof value !== 'function') return value
        const call = value.bind(target) as (...args: unknown[]) => Promise<unknown>
        const name = String(key)
        return WRITES.has(name)
          ? (...args: unknown[]) => this.#write(name, () => call(...args))
          : (...args: unknown[]) => this.#read(() => call(...args))
      },
    })
  }

  async #read<T>(read: () => Promise<T>): Promise<T> {
    if (this.ended) return never()
    const value = await read()
    return this.ended ? never() : value
  }

  async #write<T>(what: string, write: () => Promise<T>): Promise<T> {
    if (this.ended) return never()
    if (this.#options.kills('before', what)) return never()
    const value = await write()
    if (this.ended || this.#options.kills('after', what)) return never()
    return value
  }
}
