import { decodeCheckpoint } from '@quorate/shared/wire/checkpoint'
import type { Clock } from '@quorate/shared/clock/clock'
import type { EventLog } from './event-log.ts'
import type { BlobStore, Ledger, Store, StoredCheckpoint } from './ports.ts'
import type { RunModel } from './run-model.ts'

/** Rounds between two checkpoints. */
const CHECKPOINT_EVERY = 100

/** A run's checkpoints: made behind the rounds, newest first in use. */
export class Checkpoints {
  readonly #run: string
  readonly #parts: {
    store: Store
    blobs: BlobStore
    ledger: Ledger
    clock: Clock
    events: EventLog
  }
  #newest: StoredCheckpoint
  /** Rounds whose checkpoint is being written. */
  readonly #making = new Set<number>()

  constructor(
    run: string,
    newest: StoredCheckpoint,
    parts: { store: Store; blobs: BlobStore; ledger: Ledger; clock: Clock; events: EventLog },
  ) {
    this.#run = run
    this.#newest = newest
    this.#parts = parts
  }

  /** As contributors are told it. */
  get newest(): { round: number; digest: string; url: string } {
    const { round, blob } = this.#newest
    return { round, digest: blob, url: `/api/blobs/${blob}` }
  }

  due(round: number): boolean {
    return round % CHECKPOINT_EVERY === 0 && round > this.#newest.round
  }

  /** Saves the model as it is now; a failure is an event, and training goes on without it. */
  async make(model: RunModel): Promise<void> {
    const { round } = model
    if (round === this.#newest.round || this.#making.has(round)) return
    this.#making.add(round)
    const { store, ledger, events } = this.#parts
    try {
      const made = await writeCheckpoint(model, this.#parts)
      await store.insertCheckpoint(this.#run, made)
      if (made.round > this.#newest.round) this.#newest = made
      await ledger.covered(made.round)
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      events.add('error', 'checkpoint-failed', `No checkpoint was made: ${detail}`, round)
    } finally {
      this.#making.delete(round)
    }
  }
}

/** Writes the two files of a checkpoint; what is saved is taken before the first wait. */
export async function writeCheckpoint(
  model: RunModel,
  parts: { blobs: BlobStore; clock: Clock },
): Promise<StoredCheckpoint> {
  const { file, state } = model.save()
  const made = { round: model.round, digest: model.digest(), createdAtMs: parts.clock.nowMs() }
  const blob = await parts.blobs.put(file)
  const stateBlob = await parts.blobs.put(state)
  return { ...made, blob, stateBlob, sizeBytes: file.length }
}

/** Puts the model where the checkpoint stands. */
export async function readCheckpoint(
  model: RunModel,
  checkpoint: StoredCheckpoint,
  blobs: BlobStore,
): Promise<void> {
  const file = await blobs.get(checkpoint.blob)
  const state = await blobs.get(checkpoint.stateBlob)
  model.restore(decodeCheckpoint(file, model), state)
}
