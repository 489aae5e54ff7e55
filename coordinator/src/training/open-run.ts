import type { FeedMessage } from '@quorate/shared/api/api'
import type { Clock } from '@quorate/shared/clock/clock'
import { decodeRecord } from '@quorate/shared/wire/record'
import { decodeVerdict, encodeVerdict } from '@quorate/shared/wire/verdict'
import type { DataShape } from '@quorate/shared/model/spec'
import { DIGEST_EVERY } from './aftermath.ts'
import { Checkpoints, readCheckpoint } from './checkpoints.ts'
import { EventLog } from './event-log.ts'
import { Invite } from './invite.ts'
import { LeaseBook } from './lease-book.ts'
import type {
  BlobStore,
  Entropy,
  Evaluator,
  Ledger,
  Ledgers,
  Log,
  Store,
  StoredContributor,
  StoredRun,
} from './ports.ts'
import { Roster } from './roster.ts'
import { RECENT_ROUNDS, RoundBook } from './round-book.ts'
import { RunDriver } from './run-driver.ts'
import { RunModel } from './run-model.ts'
import { settlementsOf, votersOf } from './settlements.ts'
import type { RoundSettlements } from './settlements.ts'

/** The disk contradicts itself: a run that cannot be brought back to where it was. */
export class RestoreError extends Error {
  readonly code: 'CHECKPOINT_MISSING' | 'LEDGER_DISAGREES'
  constructor(code: RestoreError['code'], detail: string) {
    super(detail)
    this.code = code
  }
}

export interface OpenRunPorts {
  readonly store: Store
  readonly blobs: BlobStore
  readonly ledgers: Ledgers
  readonly evaluator: Evaluator
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
  readonly emit: (message: FeedMessage) => void
}

/** A run as the disk has it: newest checkpoint, then every ledger entry since, decided again. */
export async function openRun(
  stored: StoredRun,
  shape: DataShape,
  ports: OpenRunPorts,
): Promise<RunDriver> {
  const ledger = await ports.ledgers.open(stored.id)
  try {
    return await restore(stored, shape, { ...ports, ledger })
  } catch (error) {
    await ledger.close()
    throw error
  }
}

async function restore(
  stored: StoredRun,
  shape: DataShape,
  ports: OpenRunPorts & { ledger: Ledger },
): Promise<RunDriver> {
  const { store, blobs, clock, log, emit, ledger } = ports
  const events = new EventLog(stored.id, { store, clock, log, emit })
  const book = new RoundBook(stored.id, store, events)
  const model = new RunModel(stored.settings, shape)
  const newest = (await store.checkpoints(stored.id)).at(-1)
  if (!newest) throw new RestoreError('CHECKPOINT_MISSING', `run ${stored.id} has no checkpoint`)
  const reload = async () => {
    const latest = (await store.checkpoints(stored.id)).at(-1) ?? newest
    await readCheckpoint(model, latest, blobs)
    return replay(stored, model, ledger, book)
  }
  const entries = await reload()
  const recent = { from: Math.max(0, model.round - RECENT_ROUNDS), to: model.round }
  const rounds = await store.rounds(stored.id, { ...recent, limit: RECENT_ROUNDS + 1 })
  book.restore(rounds, await store.latestEvaluation(stored.id))
  const known = await store.contributors(stored.id)
  const { settings } = stored
  const shared = settings.partition.kind === 'shared'
  const leases = new LeaseBook(await store.shards(stored.id), shared)
  for (const { number, shards, banned } of known) {
    if (shards.length > 0 && !banned) leases.add(number, shards, clock.nowMs())
  }
  const roster = new Roster(ports.entropy, known, settings.batch)
  tellSettled(roster, entries, known)
  return new RunDriver({
    stored,
    model,
    roster,
    leases,
    ledger,
    checkpoints: new Checkpoints(stored.id, newest, { store, blobs, ledger, clock, events }),
    book,
    events,
    invite: new Invite(stored.invite),
    store,
    evaluator: ports.evaluator,
    clock,
    entropy: ports.entropy,
    emit,
    reload: async () => void (await reload()),
  })
}

/**
 * Decides again every entry since the model's checkpoint and insists on the same bytes. Returns
 * what each round said to those who had voted.
 */
async function replay(
  stored: StoredRun,
  model: RunModel,
  ledger: Ledger,
  book: RoundBook,
): Promise<RoundSettlements[]> {
  const settled: RoundSettlements[] = []
  const shape = { run: stored.number, d: model.d, block: model.block }
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
  }
  return settled
}

/** What a killed coordinator decided and did not live to say, or to count. */
function tellSettled(
  roster: Roster,
  rounds: readonly RoundSettlements[],
  known: readonly StoredContributor[],
): void {
  for (const { number, savedAtRound } of known) {
    const contributor = roster.get(number)
    if (!contributor) continue
    for (const { voters, others } of rounds) {
      const mine = voters.get(number)
      contributor.settled(mine ?? others)
      if (mine && mine.round >= savedAtRound) contributor.roundsCounted += 1
    }
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}
