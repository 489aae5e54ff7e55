/** For tests: an app over memory stores and a training service that holds one run. */
import { randomBytes } from 'node:crypto'
import type { FeedMessage, RunView } from '@quorate/shared/api/api'
import { systemClock } from '@quorate/shared/clock/system-clock'
import { demoSettings, runSettings } from '@quorate/shared/run/settings'
import { pino } from 'pino'
import { buildApp } from '../app.ts'
import type { AppParts } from '../app.ts'
import { Operator } from '../auth/operator.ts'
import type { DataSets } from '../data/data-set.ts'
import { openDatabase } from '../database/database.ts'
import { CodedError } from '../errors.ts'
import { MemoryBlobs } from '../store/memory/memory-blobs.ts'
import { MemoryStore } from '../store/memory/memory-store.ts'
import { SqliteOperatorSecrets } from '../store/sqlite/operator-store.ts'
import { createTelemetry } from '../telemetry.ts'
import type { Connection } from '../training/ports.ts'
import type { ContributorSocket, TrainingService } from '../training/service.ts'
import { TrainingError } from '../training/service.ts'

export const runOfTests: RunView = {
  id: 'abc',
  number: 1,
  settings: runSettings.parse({ ...demoSettings, model: { kind: 'softmax' }, dataSet: 'tiny' }),
  state: { kind: 'created' },
  d: 6,
  round: 3,
  accuracy: 0.5,
  loss: 1,
  accuracyRound: 0,
  contributors: 2,
  ready: 1,
  places: null,
  inviteOnly: false,
  createdAtMs: 1,
  startedAtMs: null,
  roundMs: null,
  timeLeftMs: null,
  digest: null,
}

/** Records what it is asked; knows the run `abc` alone. */
class TrainingOfTests implements TrainingService {
  readonly calls: string[] = []
  readonly listeners = new Set<(message: FeedMessage) => void>()
  readonly sockets: Connection[] = []
  readonly received: (string | Uint8Array)[] = []
  readonly closings: boolean[] = []
  mostBytes = 16 * 1024
  code: string | null = null
  readonly tickets = new Map<string, string>()
  readonly parameters = Float32Array.from([1, 2, 3, 4, 5, 6])

  runs = () => [runOfTests]
  run = (id: string) => this.#known(id)
  create = async () => this.#called('create')
  preview = async () => {
    this.#called('preview')
    const bytes = { ballotBytes: 1, verdictBytes: 1, tallyBytes: 1, float32Bytes: 1 }
    return { d: 6, heatMap: [[1]], shardSizes: [1], ...bytes }
  }
  start = async (id: string) => this.#called('start', id)
  pause = async (id: string) => this.#called('pause', id)
  resume = async (id: string) => this.#called('resume', id)
  stop = async (id: string) => this.#called('stop', id)
  again = async (id: string) => this.#called('again', id)
  remove = async (id: string) => void this.#called('remove', id)
  kick = async (id: string, contributor: number, ban: boolean) =>
    void this.#called(`kick ${contributor} ${ban}`, id)
  invite = (id: string) => (this.#known(id), this.code)
  setInvite = async (id: string, on: boolean) => {
    this.#called(`invite ${on}`, id)
    this.code = on ? 'aaaa-bbbb' : null
    return this.code
  }
  metrics = async (id: string, range: object) => {
    this.#called(`metrics ${JSON.stringify(range)}`, id)
    return []
  }
  contributors = (id: string) => (this.#known(id), [])
  events = async (id: string) => (this.#known(id), [])
  checkpoints = async (id: string) => (this.#known(id), [])
  ledger = async (id: string, from: number) => (this.#known(id), new Uint8Array([from, 1, 2]))
  damagedBlob = async (digest: string) => void this.calls.push(`damaged ${digest}`)
  replica = (id: string) => (
    this.#known(id),
    { round: 3, digest: 'd'.repeat(64), parameters: this.parameters }
  )
  shards = async (id: string) => (this.#known(id), [{ shard: 0, records: 3, labels: [1, 2] }])
  subscribe = (listener: (message: FeedMessage) => void) => {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }
  accept = (connection: Connection): ContributorSocket => {
    this.sockets.push(connection)
    const mostBytes = () => this.mostBytes
    return {
      get mostBytes() {
        return mostBytes()
      },
      tooLarge: () => {
        connection.send('too large')
        connection.close(4000, 'MESSAGE_TOO_LARGE')
      },
      text: (message) => void this.received.push(message),
      frame: (bytes) => void this.received.push(bytes),
      closed: (clean) => void this.closings.push(clean),
    }
  }
  readonly revocations = new Set<(peerId: string) => void>()
  onSignalRevoked = (listener: (peerId: string) => void) => {
    this.revocations.add(listener)
    return () => this.revocations.delete(listener)
  }
  maySignal = (peerId: string, ticket: string) => this.tickets.get(peerId) === ticket
  halt = () => {}
  close = async () => {}

  emit(message: FeedMessage): void {
    for (const listener of this.listeners) listener(message)
  }

  #called(what: string, id = 'abc'): RunView {
    const view = this.#known(id)
    this.calls.push(what)
    return view
  }

  #known(id: string): RunView {
    if (id !== 'abc') throw new TrainingError('RUN_NOT_FOUND', `There is no run ${id}.`)
    return runOfTests
  }
}

const tinyDataSets: DataSets = {
  ids: () => ['tiny', 'broken'],
  async open(id) {
    if (id !== 'tiny') throw new CodedError('IDX_MAGIC', 'broken')
    return {
      id,
      name: 'Tiny',
      shape: { input: [1, 2, 1], classes: 2 },
      recordBytes: 2,
      labels: new Uint8Array([0, 1, 0]),
      features: new Uint8Array(6),
      test: { labels: new Uint8Array([1]), features: new Uint8Array(2) },
    }
  },
}

export async function appOfTests(change: Partial<AppParts> = {}) {
  const database = await openDatabase(':memory:')
  const training = new TrainingOfTests()
  const store = new MemoryStore()
  const blobs = new MemoryBlobs()
  const secrets = new SqliteOperatorSecrets(database)
  const clock = systemClock
  const operator = new Operator({ secrets, clock, entropy: (size) => randomBytes(size) })
  const telemetry = createTelemetry(training)
  const app = await buildApp({
    training,
    dataSets: tinyDataSets,
    blobs,
    publicBlobs: store,
    operator,
    telemetry,
    log: pino({ level: 'silent' }),
    clientFolder: '/nowhere',
    publicUrl: null,
    trustProxy: false,
    tls: null,
    ...change,
  })
  const close = async () => {
    await app.close()
    telemetry.close()
    await database.destroy()
  }
  return { app, training, store, blobs, operator, telemetry, close }
}
