import type { FeedMessage } from '@quorate/shared/api/api'
import type { Clock } from '@quorate/shared/clock/clock'
import { detailOf } from '@quorate/shared/failure/detail'
import type { DataShape } from '@quorate/shared/model/spec'
import { Checkpoints } from './checkpoints.ts'
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
import { RestoreError } from './restore-error.ts'
import { newestWhole, replay } from './restore-run.ts'
import type { RestoreParts } from './restore-run.ts'
import type { RoundSettlements } from './settlements.ts'

export interface OpenRunPorts {
  readonly store: Store
  readonly blobs: BlobStore
  readonly ledgers: Ledgers
  readonly evaluator: Evaluator
  readonly clock: Clock
  readonly entropy: Entropy
  readonly log: Log
  readonly emit: (message: FeedMessage) => void
  /** Rounds of a ledger that are kept at least; null keeps all. */
  readonly ledgerKeep: number | null
  /** A run could not write for want of room. */
  readonly roomLacks: () => void
}

/**
 * A run as the disk has it: the newest checkpoint that is whole, then every ledger entry since,
 * decided again. What was found damaged on the way is an event of the run.
 *
 * @throws RestoreError, or an error with the code of the store that cannot be read: the run cannot
 * be brought back.
 */
export async function openRun(
  stored: StoredRun,
  shape: DataShape,
  ports: OpenRunPorts,
): Promise<RunDriver> {
  const { store, blobs, clock, log, emit } = ports
  const events = new EventLog(stored.id, { store, clock, log, emit })
  const book = new RoundBook(stored.id, store, events)
  const model = new RunModel(stored.settings, shape)
  const parts = { stored, shape, model, store, blobs, clock, events, book }
  const start = await newestWhole(parts)
  const decided = ((await store.lastRound(stored.id)) ?? -1) + 1
  const ledger = await ports.ledgers.open(stored.id, { from: model.round, decided })
  try {
    if (ledger.damage !== null) {
      const text = `Damage was set aside, the run goes on from checkpoint ${model.round}: ${ledger.damage}`
      events.add('error', 'ledger-damaged', text, model.round)
    }
    const settled = await replay(start, ledger, parts).catch((error: unknown) => {
      throw start.damaged.length > 0 ? withoutCheckpoint(start.damaged.length, error) : error
    })
    const reload = async () => void (await replay(await newestWhole(parts), ledger, parts))
    return await driverOf({ ...parts, ledger, settled, reload }, ports)
  } catch (error) {
    await ledger.close()
    throw error
  }
}

/** The records since an older checkpoint do not lead to where the damaged one was. */
function withoutCheckpoint(count: number, error: unknown): RestoreError {
  const detail = `${count} damaged, and the ledger does not make up for it: ${detailOf(error)}`
  return new RestoreError('CHECKPOINT_DAMAGED', detail, error)
}

async function driverOf(
  parts: RestoreParts & {
    readonly ledger: Ledger
    readonly settled: readonly RoundSettlements[]
    readonly reload: () => Promise<void>
  },
  ports: OpenRunPorts,
): Promise<RunDriver> {
  const { stored, model, store, blobs, clock, events, book, ledger, reload } = parts
  const recent = { from: Math.max(0, model.round - RECENT_ROUNDS), to: model.round }
  const rounds = await store.rounds(stored.id, { ...recent, limit: RECENT_ROUNDS + 1 })
  book.restore(rounds, await store.latestEvaluation(stored.id))
  const people = await store.contributors(stored.id)
  const { settings } = stored
  const shared = settings.partition.kind === 'shared'
  const leases = new LeaseBook(await store.shards(stored.id), shared)
  for (const { number, shards, banned } of people) {
    if (shards.length > 0 && !banned) leases.add(number, shards, clock.nowMs())
  }
  const roster = new Roster(ports.entropy, people, settings.batch)
  tellSettled(roster, parts.settled, people)
  const { ledgerKeep, evaluator, emit, roomLacks } = ports
  const kept = { store, blobs, ledger, clock, events, ledgerKeep }
  const checkpoints = new Checkpoints(stored.id, await store.checkpoints(stored.id), kept)
  return new RunDriver({
    ...{ stored, model, roster, leases, ledger, checkpoints, book, events, store, clock },
    ...{ evaluator, emit, reload, roomLacks, entropy: ports.entropy },
    invite: new Invite(stored.invite),
  })
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
