/** Brings a run's model to where the disk has it: a checkpoint, then the ledger decided again. */
import { detailOf } from '@quorate/shared/failure/detail'
import type { DataShape } from '@quorate/shared/model/spec'
import { decodeRecord } from '@quorate/shared/wire/record'
import { decodeVerdict, encodeVerdict } from '@quorate/shared/wire/verdict'
import { DIGEST_EVERY } from './aftermath.ts'
import { readCheckpoint, writeCheckpoint } from './checkpoints.ts'
import type { EventLog } from './event-log.ts'
import { faultCodeOf } from './fault-code.ts'
import type { BlobStore, Ledger, Store, StoredCheckpoint, StoredRun } from './ports.ts'
import { RestoreError } from './restore-error.ts'
import type { RoundBook } from './round-book.ts'
import { RunModel } from './run-model.ts'
import { settlementsOf, votersOf } from './settlements.ts'
import type { RoundSettlements } from './settlements.ts'
import type { Clock } from '@quorate/shared/clock/clock'

export interface RestoreParts {
  readonly stored: StoredRun
  readonly shape: DataShape
  readonly model: RunModel
  readonly store: Store
  readonly blobs: BlobStore
  readonly clock: Clock
  readonly events: EventLog
  readonly book: RoundBook
}

/** A checkpoint that the model was put on, and newer ones that could not be read. */
interface Start {
  readonly checkpoint: StoredCheckpoint
  readonly damaged: readonly StoredCheckpoint[]
  /** Ascending; those older than `checkpoint` were not looked at. */
  readonly known: readonly StoredCheckpoint[]
}

/**
 * Puts the model on the newest checkpoint that is whole. Each that is not is an event.
 *
 * @throws RestoreError CHECKPOINT_MISSING or CHECKPOINT_DAMAGED: there is none.
 */
export async function newestWhole(parts: RestoreParts): Promise<Start> {
  const { stored, model, store, blobs, events } = parts
  const known = await store.checkpoints(stored.id)
  if (known.length === 0) {
    throw new RestoreError('CHECKPOINT_MISSING', `run ${stored.id} has no checkpoint`)
  }
  const damaged: StoredCheckpoint[] = []
  let last: unknown
  for (const checkpoint of known.toReversed()) {
    try {
      await readCheckpoint(model, checkpoint, blobs)
      return { checkpoint, damaged, known }
    } catch (error) {
      last = error
      const why = `${faultCodeOf(error)}, ${detailOf(error)}`
      const text = `Checkpoint ${checkpoint.round} cannot be read (${why}); the one before is tried.`
      events.add('error', 'checkpoint-damaged', text, checkpoint.round)
      damaged.push(checkpoint)
    }
  }
  const first = known[0]
  if (first?.round === 0 && startsAt(parts, first)) return { checkpoint: first, damaged, known }
  const detail = `run ${stored.id} has no checkpoint that can be read; ${detailOf(last)}`
  throw new RestoreError('CHECKPOINT_DAMAGED', detail, last)
}

/** The first checkpoint follows from the run's seed, whatever became of its files. */
function startsAt({ stored, shape, model }: RestoreParts, first: StoredCheckpoint): boolean {
  const fresh = new RunModel(stored.settings, shape)
  if (fresh.digest() !== first.digest) return false
  const { parameters, units, round } = fresh
  model.restore({ parameters, units, round }, fresh.save().state)
  return true
}

/**
 * Decides again every entry since the checkpoint and insists on the same bytes, and on the digest
 * of every checkpoint on the way; the files of damaged ones are written anew. Returns what each
 * round said to those who had voted.
 *
 * @throws RestoreError, or what the ledger rejects with
 */
export async function replay(
  { checkpoint, damaged, known }: Start,
  ledger: Ledger,
  parts: RestoreParts,
): Promise<RoundSettlements[]> {
  const { stored, model, book } = parts
  const settled: RoundSettlements[] = []
  const shape = { run: stored.number, d: model.d, block: model.block }
  const later = new Map(known.map((each) => [each.round, each]))
  if (damaged.includes(checkpoint)) await repair(checkpoint, parts)
  for await (const entry of ledger.replay(model.round)) {
    const { verdict } = decodeVerdict(entry.frame, shape)
    const record = decodeRecord(entry.record, model)
    const again = model.decide(record, verdict.valid)
    const frame = encodeVerdict(shape, { round: entry.round, attempt: entry.attempt }, again)
    if (!sameBytes(frame, entry.frame)) {
      const detail = `run ${stored.id}: round ${entry.round} does not decide to what was recorded`
      throw new RestoreError('LEDGER_DISAGREES', detail)
    }
    if (record.kind !== 'calibration')
      settled.push(settlementsOf(entry, votersOf(record), verdict.valid))
    model.advance(again)
    if (model.round % DIGEST_EVERY === 0) book.keepDigest(model.round, model.digest())
    const passed = record.kind === 'calibration' ? undefined : later.get(model.round)
    if (!passed) continue
    if (model.digest() !== passed.digest) {
      const detail = `run ${stored.id}: the ledger does not lead to checkpoint ${passed.round}`
      throw new RestoreError('LEDGER_DISAGREES', detail)
    }
    if (damaged.includes(passed)) await repair(passed, parts)
  }
  return settled
}

/** Writes the files of a damaged checkpoint anew: the model stands where it was made. */
async function repair(checkpoint: StoredCheckpoint, parts: RestoreParts): Promise<void> {
  const { stored, model, store, events } = parts
  const { round } = checkpoint
  try {
    const made = await writeCheckpoint(model, parts)
    await store.insertCheckpoint(stored.id, { ...made, createdAtMs: checkpoint.createdAtMs })
    const text = `Checkpoint ${round} is whole again, made from the ledger.`
    events.add('info', 'checkpoint-repaired', text, round)
  } catch (error) {
    const text = `Checkpoint ${round} could not be written anew: ${detailOf(error)}`
    events.add('error', 'checkpoint-failed', text, round)
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
