/** N contributors and a coordinator in one process, on a virtual clock, under one seed. */
import { iceIssuer } from '@quorate/coordinator/ice/ice-issuer'
import type { TurnSetting } from '@quorate/coordinator/ice/ice-issuer'
import { MemoryBlobs } from '@quorate/coordinator/store/memory/memory-blobs'
import { MemoryLedgers } from '@quorate/coordinator/store/memory/memory-ledgers'
import { MemoryStore } from '@quorate/coordinator/store/memory/memory-store'
import type {
  BlobStore,
  Evaluator,
  LedgerEntry,
  Ledgers,
  RoomPort,
  Store,
  StoredShard,
} from '@quorate/coordinator/training/ports'
import type { TrainingService } from '@quorate/coordinator/training/service'
import { CONTRIBUTORS_PER_ADDRESS } from '@quorate/coordinator/training/admission'
import { createTraining } from '@quorate/coordinator/training/training'
import { MemoryNetwork } from '@quorate/client/mesh/memory-mesh'
import type { MemoryMesh } from '@quorate/client/mesh/memory-mesh'
import { ContributorSession } from '@quorate/client/session/contributor-session'
import type {
  CastOrder,
  Files,
  Link,
  MarkRound,
  Mesh,
  Trainer,
} from '@quorate/client/session/ports'
import type { SessionView } from '@quorate/client/session/view'
import { LocalTrainer } from '@quorate/client/trainer/trainer'
import { PlainEngine } from '@quorate/client/trainer/plain-engine'
import type { GradientEngine } from '@quorate/client/trainer/engine'
import type { Clock } from '@quorate/shared/clock/clock'
import { VirtualClock } from '@quorate/shared/clock/virtual-clock'
import { partition } from '@quorate/shared/partition/partition'
import { generator } from '@quorate/shared/random/generator'
import type { Generator } from '@quorate/shared/random/generator'
import { runSettings } from '@quorate/shared/run/settings'
import type { RunSettings, RunSettingsInput } from '@quorate/shared/run/settings'
import { encodeChunk } from '@quorate/shared/wire/chunk'
import type { Disk } from './coordinator-life.ts'
import { MemoryLink } from './memory-link.ts'
import type { Keys } from '@quorate/shared/keys/keys'
import { nodeKeys } from '../fixtures/node-keys.ts'
import { syntheticData } from './synthetic-data.ts'

const CHUNK_RECORDS = 20
/** The stream of a world's seed that keys are drawn from. */
const KEYS = 7
const DELAY_MS = [1, 20] as const

export interface Volunteer {
  readonly session: ContributorSession
  readonly link: MemoryLink
  readonly mesh: MemoryMesh
  readonly trainer: Trainer
  view: SessionView
}

/** What a test may change of a volunteer. */
export interface VolunteerOptions {
  readonly webrtc?: boolean
  readonly intensity?: number
  readonly invite?: string
  /** Wraps the gradient engine: slow, broken or lying contributors. */
  readonly engine?: (engine: GradientEngine) => GradientEngine
  /** Wraps the trainer: broken replicas. */
  readonly trainer?: (trainer: Trainer) => Trainer
  /** Hears what its rounds come past. */
  readonly mark?: MarkRound
  /** Wrap the connection and the links to its group: faults, liars, witnesses. */
  readonly link?: (link: Link) => Link
  readonly mesh?: (mesh: Mesh) => Mesh
  /** The page's own time; else the world's. */
  readonly clock?: Clock
  /** What the tab keeps from page to page. */
  readonly tab?: Tab
  /** Whether the coordinator can be reached now. */
  readonly reaches?: () => boolean
}

/** The secret that resumes a contributor, as a tab keeps it. */
export interface Tab {
  kept: { id: string; token: string } | null
  /** Of its browser. */
  keys?: Keys
}

/** A chunk that a batch was drawn from. */
interface Drawn {
  readonly attempt: number
  /** In the order of joining. */
  readonly volunteer: number
  readonly shard: number
  readonly chunk: string
}

export interface WorldStorage {
  readonly store: Store
  readonly blobs: BlobStore
  readonly ledgers: Ledgers
}

const ROOMY: RoomPort = {
  look: async () => ({ usedBytes: 0, limitBytes: null, freeBytes: Number.MAX_SAFE_INTEGER }),
}

export interface WorldOptions {
  /** All volunteers come from one address. */
  readonly contributorsPerAddress?: number
  /** A TURN server with a shared secret, for which contributors are given credentials. */
  readonly turn?: TurnSetting
  /** Wraps the ledgers: slow or full disks. */
  readonly ledgers?: (ledgers: Ledgers, clock: VirtualClock) => Ledgers
  /** In place of memory: a data directory, also one on a simulated disk. */
  readonly storage?: (clock: VirtualClock) => WorldStorage
  readonly ledgerKeep?: number
  readonly room?: RoomPort
  /** What a coordinator is started with, each time anew: its disk and its time. */
  readonly life?: (disk: Disk) => Disk & { readonly clock: Clock }
  /** Wraps what contributors connect to, at each start; null where it has died meanwhile. */
  readonly training?: (training: TrainingService) => TrainingService | null
}

export class World {
  readonly clock = new VirtualClock()
  readonly network: MemoryNetwork
  /** Of a coordinator that starts; a test puts others in their place between two. */
  store: Store
  blobs: BlobStore
  ledgers: Ledgers
  readonly volunteers: Volunteer[] = []
  /** What the volunteers drew their batches from. */
  readonly drawn: Drawn[] = []
  /** Addresses of the files that volunteers asked for, in order. */
  readonly fetched: string[] = []
  training: TrainingService | null = null
  readonly data = syntheticData()
  readonly #random: Generator
  readonly #seed: number
  readonly #turn: TurnSetting | null
  readonly #perAddress: number
  readonly #options: WorldOptions
  #restarts = 0
  #joined = 0

  constructor(seed: number, options: WorldOptions = {}) {
    this.#seed = seed
    this.#options = options
    this.#turn = options.turn ?? null
    this.#perAddress = options.contributorsPerAddress ?? CONTRIBUTORS_PER_ADDRESS
    const memory = {
      store: new MemoryStore(),
      blobs: new MemoryBlobs(),
      ledgers: new MemoryLedgers(),
    }
    const { store, blobs, ledgers } = options.storage?.(this.clock) ?? memory
    this.store = store
    this.blobs = blobs
    this.ledgers = options.ledgers?.(ledgers, this.clock) ?? ledgers
    this.#random = generator(seed, 1)
    const { clock } = this
    this.#options = options
    this.network = new MemoryNetwork({ clock, random: generator(seed, 2), delayMs: DELAY_MS })
  }

  /** Starts the coordinator, also again after `kill`. */
  async boot(): Promise<TrainingService> {
    const { store, blobs, ledgers, clock } = this.#options.life?.(this) ?? this
    const entropy = generator(this.#seed, 3, this.#restarts++)
    const training = await createTraining({
      store,
      blobs,
      ledgers,
      clock,
      evaluator: this.#evaluator(),
      entropy: (size) => Uint8Array.from({ length: size }, () => entropy.below(256)),
      data: {
        describe: async () => this.data.train,
        makeShards: (settings) => this.#makeShards(settings),
      },
      contributorsPerAddress: this.#perAddress,
      issueIce: iceIssuer({ servers: [], turn: this.#turn }, clock),
      ledgerKeep: this.#options.ledgerKeep ?? null,
      room: this.#options.room ?? ROOMY,
      log: { info: () => {}, warn: () => {}, error: () => {} },
    })
    const { training: wrap } = this.#options
    const reachable = wrap ? wrap(training) : training
    if (reachable) this.training = reachable
    return training
  }

  /** The coordinator ends without a word to anybody. */
  async kill(): Promise<void> {
    const { training } = this
    this.training = null
    await training?.close()
    for (const { link } of this.volunteers) link.cut()
  }

  /** As `kill`; what the next coordinator finds is given. */
  async killOn(storage: () => WorldStorage): Promise<void> {
    await this.kill()
    Object.assign(this, storage())
  }

  async run(settings: RunSettingsInput): Promise<string> {
    const training = this.training ?? (await this.boot())
    const { id } = await training.create(runSettings.parse(settings))
    await training.start(id)
    return id
  }

  join(run: string, options: VolunteerOptions = {}): Volunteer {
    const { clock } = this
    const wire = {
      clock,
      random: this.#random,
      delayMs: DELAY_MS,
      coordinator: () => ((options.reaches?.() ?? true) ? this.training : null),
    }
    const link = new MemoryLink(wire)
    const plain = new PlainEngine()
    const engine = options.engine ? options.engine(plain) : plain
    const mesh = this.network.mesh(options.webrtc ?? true)
    const number = this.#joined++
    const local = new DrawingTrainer(
      engine,
      () => clock.nowMs(),
      ({ attempt, draws }) => {
        for (const { shard, chunks } of draws) {
          for (const chunk of chunks) this.drawn.push({ attempt, volunteer: number, shard, chunk })
        }
      },
    )
    const trainer = options.trainer?.(local) ?? local
    const tab: Tab = options.tab ?? { kept: null }
    const session = new ContributorSession(
      {
        link: options.link?.(link) ?? link,
        mesh: options.mesh?.(mesh) ?? mesh,
        files: this.#files(),
        trainer,
        clock: options.clock ?? clock,
        keys: (tab.keys ??= nodeKeys(generator(this.#seed, KEYS, number))),
        onView: (view) => {
          volunteer.view = view
        },
        mark: options.mark ?? (() => {}),
        resume: {
          load: () => tab.kept,
          save: (value) => (tab.kept = value),
          forget: () => (tab.kept = null),
        },
      },
      { run, intensity: options.intensity ?? 1, batchLimit: null, invite: options.invite ?? null },
    )
    const volunteer: Volunteer = { session, link, mesh, trainer, view: session.view }
    this.volunteers.push(volunteer)
    session.start()
    return volunteer
  }

  /** Advances until the run has decided `round` rounds. */
  async reach(run: string, round: number, limitMs = 600_000): Promise<void> {
    await this.clock.until(() => (this.training?.run(run).round ?? 0) >= round, limitMs)
  }

  /** Nothing passes between the two any more over WebRTC; the coordinator is still reached. */
  cut(one: Volunteer, other: Volunteer): void {
    if (one.mesh.peer && other.mesh.peer) this.network.cut(one.mesh.peer, other.mesh.peer)
  }

  heal(one: Volunteer, other: Volunteer): void {
    if (one.mesh.peer && other.mesh.peer) this.network.heal(one.mesh.peer, other.mesh.peer)
  }

  /** What is on disk of a run; only while no coordinator has it open. */
  async ledger(run: string): Promise<LedgerEntry[]> {
    await this.kill()
    const ledger = await this.ledgers.open(run)
    const entries: LedgerEntry[] = []
    for await (const entry of ledger.replay(0)) entries.push(entry)
    await ledger.close()
    return entries
  }

  #files(): Files {
    return {
      fetch: async (url) => {
        this.fetched.push(url)
        const { training } = this
        if (!training) throw new Error('the coordinator is away')
        const blob = /^\/api\/blobs\/([0-9a-f]{64})$/.exec(url)?.[1]
        if (blob) return this.#blob(training, blob)
        const ledger = /^\/api\/runs\/(\w+)\/ledger\?from=(\d+)$/.exec(url)
        if (ledger) return this.#verdicts(training, ledger[1] as string, Number(ledger[2]))
        throw new Error(`no file ${url}`)
      },
    }
  }

  /** As HTTP and the page's downloads do it: what is gone is not there. */
  async #verdicts(training: TrainingService, run: string, from: number): Promise<Uint8Array> {
    try {
      return await training.ledger(run, from)
    } catch (error) {
      const isGone = error instanceof Error && 'code' in error && error.code === 'LEDGER_GONE'
      throw isGone ? Object.assign(new Error('HTTP 410'), { code: 'FILE_NOT_FOUND' }) : error
    }
  }

  /** As the HTTP route does it: a damaged file is told to training. */
  async #blob(training: TrainingService, digest: string): Promise<Uint8Array> {
    try {
      return await this.blobs.get(digest)
    } catch (error) {
      await training.damagedBlob(digest, String(error))
      throw error
    }
  }

  async #makeShards(settings: RunSettings): Promise<StoredShard[]> {
    const { features, labels, shape } = this.data.train
    const size = features.length / labels.length
    const parts = partition(
      labels,
      settings.partition,
      settings.shards,
      settings.seed,
      shape.classes,
    )
    const shards: StoredShard[] = []
    for (const [shard, records] of parts.entries()) {
      const chunks: { digest: string; records: number; sizeBytes: number }[] = []
      for (let at = 0; at < records.length; at += CHUNK_RECORDS) {
        const some = records.slice(at, at + CHUNK_RECORDS)
        const rows = [...some].flatMap((r) => [...features.subarray(r * size, (r + 1) * size)])
        const bytes = encodeChunk({
          records: some.length,
          labels: Uint8Array.from(some, (r) => labels[r] as number),
          features: Uint8Array.from(rows),
        })
        const digest = await this.blobs.put(bytes)
        chunks.push({ digest, records: some.length, sizeBytes: bytes.length })
      }
      const counts = Array.from(
        { length: shape.classes },
        (_, label) => [...records].filter((r) => labels[r] === label).length,
      )
      shards.push({ shard, chunks, labels: counts })
    }
    return shards
  }

  #evaluator(): Evaluator {
    return {
      evaluate: async ({ model, parameters }) => this.data.evaluate(model, parameters),
    }
  }
}

/** Tells what ballots are drawn from. */
class DrawingTrainer extends LocalTrainer {
  readonly #onDraw: (order: CastOrder) => void

  constructor(engine: GradientEngine, nowMs: () => number, onDraw: (order: CastOrder) => void) {
    super(engine, nowMs)
    this.#onDraw = onDraw
  }

  override cast(order: CastOrder): ReturnType<LocalTrainer['cast']> {
    this.#onDraw(order)
    return super.cast(order)
  }
}
