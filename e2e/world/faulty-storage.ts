/** A data directory on a simulated disk, with a database that a power cut takes back a little. */
import { openFileBlobs } from '@quorate/coordinator/store/files/file-blobs'
import { openFileLedgers } from '@quorate/coordinator/store/files/file-ledgers'
import { MemoryStore } from '@quorate/coordinator/store/memory/memory-store'
import { SimulatedDisk } from '@quorate/coordinator/testing/simulated-disk'
import type { Store } from '@quorate/coordinator/training/ports'
import type { Clock } from '@quorate/shared/clock/clock'
import { generator } from '@quorate/shared/random/generator'
import type { WorldStorage } from './world.ts'

/** Small, so that a few rounds fill one. */
const SEGMENT_BYTES = 4000

/** Calls that change the database; those that are on disk when they resolve are true. */
const CHANGES: Readonly<Record<string, boolean>> = {
  insertRun: true,
  insertShards: true,
  insertCheckpoint: true,
  reserveAttempts: true,
  saveRunState: false,
  deleteRun: false,
  appendRounds: false,
  saveEvaluation: false,
  appendEvent: false,
  saveContributor: false,
  forgetContributor: false,
  deleteCheckpoint: false,
}

interface Call {
  readonly name: string
  readonly args: readonly unknown[]
}

/** Disk and database together; operations of both are counted as they come. */
export class FaultyStorage {
  readonly disk: SimulatedDisk
  readonly store: Store
  readonly #calls: Call[]
  /** So many calls are on disk. */
  #synced: number
  #databaseOperations = 0
  /** The machine stops at this operation, counted from now. */
  #stopAt = Number.POSITIVE_INFINITY

  constructor(disk = new SimulatedDisk(), calls: readonly Call[] = []) {
    this.disk = disk
    this.#calls = [...calls]
    this.#synced = calls.length
    this.store = this.#recording(replayedOn(new MemoryStore(), calls))
  }

  get operations(): number {
    return this.disk.operations + this.#databaseOperations
  }

  stopAfter(operations: number): void {
    this.#stopAt = this.operations + operations
    this.disk.faultAt = () => (this.operations >= this.#stopAt ? { kind: 'stops' } : null)
  }

  /** What the next process finds: the database loses the last calls that were not synced. */
  after(how: 'kill' | 'power cut', seed = 1): FaultyStorage {
    const loose = this.#calls.length - this.#synced
    const kept = how === 'kill' ? loose : generator(seed, 9).below(loose + 1)
    return new FaultyStorage(this.disk.after(how, seed), this.#calls.slice(0, this.#synced + kept))
  }

  async open(clock: Clock): Promise<WorldStorage> {
    const { disk, store } = this
    if ((await disk.names('/')).length === 0) await disk.mkdir('/data')
    return {
      store,
      blobs: await openFileBlobs('/data/blobs', { disk, nowMs: () => clock.nowMs() }),
      ledgers: await openFileLedgers('/data/ledgers', { disk, segmentBytes: SEGMENT_BYTES }),
    }
  }

  #recording(store: MemoryStore): Store {
    return new Proxy<Store>(store, {
      get: (target, name: keyof Store) => {
        const method = (target[name] as (...args: unknown[]) => Promise<unknown>).bind(target)
        const isSynced = CHANGES[name]
        return async (...args: unknown[]) => {
          if (isSynced === undefined) return method(...args)
          this.#databaseOperations += 1
          if (this.operations >= this.#stopAt) this.disk.stop()
          if (this.disk.stopped) throw new Error('the machine has stopped')
          const answer = await method(...args)
          this.#calls.push({ name, args: structuredClone(args) })
          if (isSynced) this.#synced = this.#calls.length
          return answer
        }
      },
    })
  }
}

function replayedOn(store: MemoryStore, calls: readonly Call[]): MemoryStore {
  for (const { name, args } of calls) {
    const method = store[name as keyof MemoryStore] as (...args: unknown[]) => Promise<unknown>
    // Nothing of it waits: it is done when the call returns.
    void method.apply(store, structuredClone([...args]))
  }
  return store
}
