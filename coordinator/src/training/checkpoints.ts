import { detailOf } from '@quorate/shared/failure/detail'
import { decodeCheckpoint } from '@quorate/shared/wire/checkpoint'
import type { Clock } from '@quorate/shared/clock/clock'
import type { EventLog } from './event-log.ts'
import type { BlobStore, Ledger, Store, StoredCheckpoint } from './ports.ts'
import { CHECKPOINT_EVERY, checkpointsKept, roundsKept } from './retention.ts'
import { RestoreError } from './restore-error.ts'
import type { RunModel } from './run-model.ts'

export interface CheckpointParts {
  readonly store: Store
  readonly blobs: BlobStore
  readonly ledger: Ledger
  readonly clock: Clock
  readonly events: EventLog
  /** Rounds of the ledger that are kept at least; null keeps all. */
  readonly ledgerKeep: number | null
}

/** A run's checkpoints: made behind the rounds, newest first in use. */
export class Checkpoints {
  readonly #run: string
  readonly #parts: CheckpointParts
  /** Ascending, at least one. */
  #known: readonly StoredCheckpoint[]
  /** Rounds whose checkpoint is being written. */
  readonly #making = new Set<number>()

  /** `known`: ascending, at least one; the last of them was read and is whole. */
  constructor(run: string, known: readonly StoredCheckpoint[], parts: CheckpointParts) {
    this.#run = run
    this.#known = known
    this.#parts = parts
  }

  /** As contributors are told it. */
  get newest(): { round: number; digest: string; url: string } {
    const { round, blob } = this.#last
    return { round, digest: blob, url: `/api/blobs/${blob}` }
  }

  due(round: number): boolean {
    return round % CHECKPOINT_EVERY === 0 && round > this.#last.round
  }

  /** Saves the model as it is now; a failure is an event, and training goes on without it. */
  async make(model: RunModel): Promise<void> {
    if (model.round !== this.#last.round) await this.#write(model)
  }

  /** As `make`, also where the files of this round's checkpoint are known to be damaged. */
  async remake(model: RunModel): Promise<void> {
    await this.#write(model)
  }

  /**
   * Lets go what is not needed any more where `keep` rounds are kept (null: all). The two newest
   * checkpoints and all records since the older one stay, so that one may be damaged.
   */
  async shrink(keep: number | null): Promise<void> {
    const { store, ledger, events } = this.#parts
    try {
      const before = this.#known.at(-2)
      if (before) await ledger.covered(before.round)
      const oldest = roundsKept(this.#known, keep)
      if (oldest > 0) await ledger.forget(oldest)
      const kept = new Set(checkpointsKept(this.#known, keep))
      for (const checkpoint of this.#known) {
        if (kept.has(checkpoint)) continue
        await store.deleteCheckpoint(this.#run, checkpoint.round)
        this.#known = this.#known.filter((each) => each !== checkpoint)
      }
    } catch (error) {
      const text = `What is not needed any more could not be let go: ${detailOf(error)}`
      events.add('error', 'not-tidied', text, this.#last.round)
    }
  }

  async #write(model: RunModel): Promise<void> {
    const { round } = model
    if (this.#making.has(round)) return
    this.#making.add(round)
    const { store, events, ledgerKeep } = this.#parts
    try {
      const made = await writeCheckpoint(model, this.#parts)
      await store.insertCheckpoint(this.#run, made)
      const others = this.#known.filter((each) => each.round !== round)
      this.#known = [...others, made].sort((a, b) => a.round - b.round)
    } catch (error) {
      events.add('error', 'checkpoint-failed', `No checkpoint was made: ${detailOf(error)}`, round)
      return
    } finally {
      this.#making.delete(round)
    }
    await this.shrink(ledgerKeep)
  }

  get #last(): StoredCheckpoint {
    const last = this.#known.at(-1)
    if (!last) throw new Error('a run has at least one checkpoint')
    return last
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

/**
 * Puts the model where the checkpoint stands.
 *
 * @throws RestoreError CHECKPOINT_DAMAGED, or the code of the blob that cannot be read.
 */
export async function readCheckpoint(
  model: RunModel,
  checkpoint: StoredCheckpoint,
  blobs: BlobStore,
): Promise<void> {
  const file = await blobs.get(checkpoint.blob)
  const state = await blobs.get(checkpoint.stateBlob)
  model.restore(decodeCheckpoint(file, model), state)
  if (model.round === checkpoint.round && model.digest() === checkpoint.digest) return
  const detail = `checkpoint ${checkpoint.round} is not the replica that it was made of`
  throw new RestoreError('CHECKPOINT_DAMAGED', detail)
}
