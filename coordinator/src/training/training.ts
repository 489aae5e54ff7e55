/** All runs of a coordinator: makes them, finds them, and hands sockets to them. */
import { detailOf } from '@quorate/shared/failure/detail'
import type { FeedMessage, RunView } from '@quorate/shared/api/api'
import { toHex } from '@quorate/shared/bytes/hex'
import { LayoutError } from '@quorate/shared/model/layout'
import { PartitionError } from '@quorate/shared/partition/partition'
import { runSettings } from '@quorate/shared/run/settings'
import type { RunSettings } from '@quorate/shared/run/settings'
import { Admission } from './admission.ts'
import { writeCheckpoint } from './checkpoints.ts'
import { acceptContributor } from './contributor-socket.ts'
import { faultCodeOf } from './fault-code.ts'
import { DiskKeeper } from './disk-keeper.ts'
import { EventLog } from './event-log.ts'
import { newInviteCode } from './invite.ts'
import { Members } from './members.ts'
import { openRun } from './open-run.ts'
import type { OpenRunPorts } from './open-run.ts'
import type { Connection, IceIssuer, RoomPort, StoredRun, TrainingData } from './ports.ts'
import { previewRun } from './preview.ts'
import { LEAST_LEDGER_KEEP } from './retention.ts'
import type { RunDriver } from './run-driver.ts'
import { RunModel } from './run-model.ts'
import { TrainingError } from './service.ts'
import type { ContributorSocket, TrainingService } from './service.ts'

const MAX_RUNS = 100
/** A file that was just written may not be in the database yet. */
const YOUNG_MS = 600_000
/** Lists of contributors and runs go to the pages at most this often. */
const FEED_EVERY_MS = 1000

export interface TrainingPorts extends Omit<OpenRunPorts, 'emit' | 'roomLacks'> {
  readonly room: RoomPort
  readonly data: TrainingData
  readonly issueIce: IceIssuer
  /** At once, of all runs. */
  readonly contributorsPerAddress: number
}

interface OpenedRun {
  readonly driver: RunDriver
  readonly members: Members
}

/**
 * Opens every run on disk; those that were training go on as soon as contributors are back. A run
 * that cannot be brought back is listed with the reason, and keeps no other from going on.
 */
export async function createTraining(ports: TrainingPorts): Promise<TrainingService> {
  const training = new Training(ports)
  for (const stored of await ports.store.listRuns()) await training.openAgain(stored)
  await training.watchDisk()
  return training
}

class Training implements TrainingService {
  readonly #ports: TrainingPorts
  readonly #runs = new Map<string, OpenedRun>()
  /** Runs that the disk does not give back, as they are shown. */
  readonly #damaged = new Map<string, RunView>()
  readonly #admission: Admission
  readonly #listeners = new Set<(message: FeedMessage) => void>()
  readonly #revocations = new Set<(peerId: string) => void>()
  readonly #disk: DiskKeeper
  #cancelFeed: () => void = () => {}

  constructor(ports: TrainingPorts) {
    this.#ports = ports
    this.#admission = new Admission(ports.clock, ports.contributorsPerAddress)
    this.#disk = new DiskKeeper({
      ...ports,
      sweep: () => this.#sweep(),
      freeing: [
        () => this.#forgetDamage(),
        () => this.#shrink('finished'),
        () => this.#shrink('all'),
      ],
      hold: (lack) => this.#drivers().forEach((driver) => driver.hold(lack)),
      release: () => this.#drivers().forEach((driver) => this.#release(driver)),
    })
    this.#scheduleFeed()
  }

  async openAgain(stored: StoredRun): Promise<void> {
    try {
      await this.open(stored)
    } catch (error) {
      const emit = (message: FeedMessage) => this.#emit(message)
      const events = new EventLog(stored.id, { ...this.#ports, emit })
      events.add('error', 'not-opened', `The run cannot be opened: ${detailOf(error)}`, null)
      this.#damaged.set(stored.id, damagedView(stored, faultCodeOf(error)))
    }
  }

  async open(stored: StoredRun): Promise<RunDriver> {
    const { shape } = await this.#ports.data.describe(stored.settings.dataSet)
    const emit = (message: FeedMessage) => this.#emit(message)
    const roomLacks = () => this.#disk.lacking()
    const driver = await openRun(stored, shape, { ...this.#ports, emit, roomLacks })
    const signalRevoked = (peerId: string) => {
      for (const listener of this.#revocations) listener(peerId)
    }
    const members = new Members(driver, shape, {
      ...this.#ports,
      admission: this.#admission,
      signalRevoked,
    })
    this.#runs.set(stored.id, { driver, members })
    if (driver.running) driver.start()
    return driver
  }

  runs(): RunView[] {
    return [
      ...[...this.#runs.values()].map(({ driver }) => driver.view()),
      ...this.#damaged.values(),
    ]
  }
  run(id: string): RunView {
    return this.#damaged.get(id) ?? this.#driver(id).view()
  }

  create(settings: RunSettings): Promise<RunView> {
    return this.#create(settings, null)
  }

  async #create(settings: RunSettings, invite: string | null): Promise<RunView> {
    if (this.#runs.size + this.#damaged.size >= MAX_RUNS) {
      throw new TrainingError(
        'TOO_MANY_RUNS',
        `There are ${MAX_RUNS} runs already; delete one first.`,
      )
    }
    const { store, blobs, clock, entropy, data } = this.#ports
    const { shape } = await data.describe(settings.dataSet)
    const model = possible(() => new RunModel(settings, shape))
    const shards = await data.makeShards(settings).catch(translate)
    const checkpoint = await writeCheckpoint(model, { blobs, clock })
    const stored = await store.insertRun({
      id: toHex(entropy(6)),
      settings,
      state: { kind: 'created' },
      createdAtMs: clock.nowMs(),
      startedAtMs: null,
      attemptsReserved: 0,
      invite,
    })
    await store.insertShards(stored.id, shards)
    await store.insertCheckpoint(stored.id, checkpoint)
    const driver = await this.open(stored)
    this.#emit({ type: 'runs', runs: this.runs() })
    return driver.view()
  }

  async preview(settings: RunSettings) {
    const data = await this.#ports.data.describe(settings.dataSet)
    return possible(() => previewRun(settings, data))
  }

  start(id: string): Promise<RunView> {
    return this.#change(id, ['created'], (driver) => driver.start())
  }
  pause(id: string): Promise<RunView> {
    return this.#change(id, ['waiting', 'calibrating', 'training'], (driver) => driver.pause())
  }
  resume(id: string): Promise<RunView> {
    return this.#change(id, ['paused'], (driver) => driver.resume())
  }
  stop(id: string): Promise<RunView> {
    return this.#change(id, ['waiting', 'calibrating', 'training', 'paused'], (driver) =>
      driver.finish('stopped'),
    )
  }

  async again(id: string): Promise<RunView> {
    const { stored, invite } = this.#driver(id).parts
    const seed = (stored.settings.seed + 1) >>> 0
    const made = await this.#create(runSettings.parse({ ...stored.settings, seed }), invite.code)
    return this.start(made.id)
  }

  invite(id: string): string | null {
    return this.#driver(id).parts.invite.code
  }

  async setInvite(id: string, on: boolean): Promise<string | null> {
    const { invite, events } = this.#driver(id).parts
    const code = on ? newInviteCode(this.#ports.entropy) : null
    await this.#ports.store.saveInvite(id, code)
    invite.code = code
    const text = on ? 'Newcomers need the new invite code.' : 'Anyone may join.'
    events.add('info', 'invite-changed', text, null)
    this.#emit({ type: 'runs', runs: this.runs() })
    return code
  }

  async remove(id: string): Promise<void> {
    if (this.#damaged.delete(id)) return this.#forget(id)
    const { driver, members } = this.#opened(id)
    if (driver.running) throw new TrainingError('RUN_BUSY', 'Stop the run before deleting it.')
    driver.close()
    for (const contributor of driver.parts.roster.present()) {
      members.revokeSignal(contributor)
      contributor.connection?.close(4004, 'the run was deleted')
    }
    this.#runs.delete(id)
    await driver.parts.ledger.close()
    await this.#forget(id)
  }

  async #forget(id: string): Promise<void> {
    await this.#ports.store.deleteRun(id)
    await this.#ports.ledgers.delete(id)
    this.#emit({ type: 'runs', runs: this.runs() })
  }

  metrics(id: string, range: { from: number; to: number; limit: number }) {
    return this.#ports.store.rounds(this.#driver(id).id, range)
  }

  contributors(id: string) {
    // Pages follow a damaged run too; nobody can be in it.
    if (this.#damaged.has(id)) return []
    const { roster, leases, clock } = this.#driver(id).parts
    const nowMs = clock.nowMs()
    return roster.present().map((contributor) =>
      contributor.view(
        leases.parts(contributor.number).map(({ shard, fraction }) => ({ shard, fraction })),
        nowMs,
      ),
    )
  }

  async kick(id: string, number: number, ban: boolean): Promise<void> {
    const { driver, members } = this.#opened(id)
    const contributor = driver.parts.roster.get(number)
    if (!contributor) {
      throw new TrainingError('CONTRIBUTOR_NOT_FOUND', `Run ${id} has no contributor ${number}.`)
    }
    members.kick(contributor, ban ? 'BANNED' : 'KICKED')
    await Promise.resolve()
  }

  events(id: string, limit: number) {
    return this.#ports.store.events(this.run(id).id, limit)
  }

  async checkpoints(id: string) {
    const stored = await this.#ports.store.checkpoints(this.#driver(id).id)
    return stored.map(({ round, digest, sizeBytes, blob, createdAtMs }) => {
      return { round, digest, sizeBytes, url: `/api/blobs/${blob}`, createdAtMs }
    })
  }

  async ledger(id: string, from: number): Promise<Uint8Array> {
    const driver = this.#driver(id)
    try {
      return await driver.parts.ledger.frames(from)
    } catch (error) {
      if (faultCodeOf(error) !== 'LEDGER_DAMAGED') throw error
      await this.#opened(id).members.checkpointNow('ledger-damaged', detailOf(error))
      throw new TrainingError('LEDGER_GONE', 'These rounds are damaged; begin at the checkpoint.')
    }
  }

  async damagedBlob(digest: string, detail: string): Promise<void> {
    for (const { driver, members } of this.#runs.values()) {
      if (driver.parts.checkpoints.newest.digest !== digest) continue
      await members.checkpointNow('checkpoint-damaged', detail)
    }
  }

  replica(id: string) {
    const { model } = this.#driver(id).parts
    return { round: model.round, digest: model.digest(), parameters: model.parameters.slice() }
  }

  async shards(id: string) {
    const stored = await this.#ports.store.shards(this.#driver(id).id)
    return stored.map(({ shard, chunks, labels }) => {
      return { shard, records: chunks.reduce((sum, chunk) => sum + chunk.records, 0), labels }
    })
  }

  subscribe(listener: (message: FeedMessage) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  accept(connection: Connection): ContributorSocket {
    return acceptContributor(connection, {
      clock: this.#ports.clock,
      entropy: this.#ports.entropy,
      addressAllowance: this.#admission.allowanceOf(connection.address),
      membersOf: (run) => this.#runs.get(run)?.members ?? this.#absent(run),
    })
  }

  maySignal(peerId: string, ticket: string): boolean {
    return [...this.#runs.values()].some(({ members }) => members.maySignal(peerId, ticket))
  }

  onSignalRevoked(listener: (peerId: string) => void): () => void {
    this.#revocations.add(listener)
    return () => this.#revocations.delete(listener)
  }

  halt(): void {
    for (const { driver } of this.#runs.values()) driver.close()
  }

  async close(): Promise<void> {
    this.#cancelFeed()
    await this.#disk.close()
    this.#revocations.clear()
    this.#listeners.clear()
    for (const { driver } of this.#runs.values()) {
      driver.close()
      await driver.parts.ledger.close()
    }
  }

  /** From now on room is looked after. */
  watchDisk(): Promise<void> {
    return this.#disk.start()
  }

  #drivers(): RunDriver[] {
    return [...this.#runs.values()].map(({ driver }) => driver)
  }

  #release(driver: RunDriver): void {
    const { events, model } = driver.parts
    driver
      .release()
      .catch((error: unknown) => events.add('error', 'not-resumed', detailOf(error), model.round))
  }

  async #forgetDamage(): Promise<void> {
    for (const { parts } of this.#drivers()) await parts.ledger.forgetDamage()
  }

  /** Files that nothing needs: those of checkpoints and runs that were deleted. */
  async #sweep(): Promise<void> {
    const { store, blobs, clock } = this.#ports
    await blobs.keepOnly(await store.blobsInUse(), clock.nowMs() - YOUNG_MS)
  }

  /** Of these runs as little is kept as they can do with. */
  async #shrink(which: 'finished' | 'all'): Promise<void> {
    for (const { parts, state } of this.#drivers()) {
      if (which === 'finished' && state.kind !== 'finished') continue
      await parts.checkpoints.shrink(LEAST_LEDGER_KEEP)
    }
    await this.#sweep()
  }

  #opened(id: string): OpenedRun {
    const opened = this.#runs.get(id)
    if (!opened) throw this.#absent(id)
    return opened
  }

  /** Why a run cannot be worked with: it could not be opened, or there is none. */
  #absent(id: string): TrainingError {
    const damaged = this.#damaged.get(id)?.state
    return damaged?.kind === 'paused'
      ? new TrainingError('RUN_DAMAGED', damaged.reason)
      : new TrainingError('RUN_NOT_FOUND', `There is no run ${id}.`)
  }

  #driver(id: string): RunDriver {
    return this.#opened(id).driver
  }

  async #change(
    id: string,
    from: readonly RunView['state']['kind'][],
    change: (driver: RunDriver) => void | Promise<void>,
  ): Promise<RunView> {
    const driver = this.#driver(id)
    if (!from.includes(driver.state.kind)) {
      const detail = `The run is ${driver.state.kind}; this works only when it is ${from.join(' or ')}.`
      throw new TrainingError('RUN_STATE', detail)
    }
    await change(driver)
    return driver.view()
  }

  #emit(message: FeedMessage): void {
    for (const listener of this.#listeners) listener(message)
  }

  #scheduleFeed(): void {
    this.#cancelFeed = this.#ports.clock.after(FEED_EVERY_MS, () => {
      if (this.#listeners.size > 0) this.#emitLists()
      this.#scheduleFeed()
    })
  }

  #emitLists(): void {
    this.#emit({ type: 'runs', runs: this.runs() })
    for (const run of this.#runs.keys()) {
      this.#emit({ type: 'contributors', run, contributors: this.contributors(run) })
    }
  }
}

/** Runs `make`; what cannot be becomes an expected refusal. */
function possible<T>(make: () => T): T {
  try {
    return make()
  } catch (error) {
    return translate(error)
  }
}

function translate(error: unknown): never {
  if (error instanceof LayoutError) throw new TrainingError('MODEL_NOT_POSSIBLE', error.message)
  if (error instanceof PartitionError) {
    throw new TrainingError('PARTITION_NOT_POSSIBLE', error.message)
  }
  throw error
}

/** What a person can do about a run that cannot be opened. */
function wayOut(code: string): string {
  return /^(LEDGER|CHECKPOINT|BLOB)_/.test(code)
    ? 'Its operator can restore a backup of the data directory, or delete the run.'
    : 'Its operator finds the cause in the event log; a start tries again.'
}

function damagedView(stored: StoredRun, code: string): RunView {
  const { id, number, settings, createdAtMs, startedAtMs } = stored
  return {
    ...{ id, number, settings, createdAtMs, startedAtMs },
    state: {
      kind: 'paused',
      by: 'fault',
      reason: `This run cannot be opened (${code}). ${wayOut(code)}`,
    },
    ...{ d: 0, round: 0, contributors: 0, ready: 0, places: null, inviteOnly: false },
    ...{ accuracy: null, loss: null, accuracyRound: null },
    ...{ roundMs: null, timeLeftMs: null, digest: null },
  }
}
