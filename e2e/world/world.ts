/** N contributors and a coordinator in one process, on a virtual clock, under one seed. */
import { MemoryBlobs } from '@quorate/coordinator/store/memory/memory-blobs'
import { MemoryLedgers } from '@quorate/coordinator/store/memory/memory-ledgers'
import { MemoryStore } from '@quorate/coordinator/store/memory/memory-store'
import type {
  Evaluator,
  LedgerEntry,
  Ledgers,
  StoredShard,
} from '@quorate/coordinator/training/ports'
import type { TrainingService } from '@quorate/coordinator/training/service'
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
import { syntheticData } from './synthetic-data.ts'

const CHUNK_RECORDS = 20
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
}

/** A chunk that a batch was drawn from. */
interface Drawn {
  readonly attempt: number
  /** In the order of joining. */
  readonly volunteer: number
  readonly shard: number
  readonly chunk: string
}

export interface WorldOptions {
  /** Wraps the ledgers: slow or full disks. */
  readonly ledgers?: (ledgers: Ledgers, clock: VirtualClock) => Ledgers
  /** What a coordinator is started with, each time anew: its disk and its time. */
  readonly life?: (disk: Disk) => Disk & { readonly clock: Clock }
  /** Wraps what contributors connect to, at each start; null where it has died meanwhile. */
  readonly training?: (training: TrainingService) => TrainingService | null
}

export class World {
  readonly clock = new VirtualClock()
  readonly network: MemoryNetwork
  readonly store = new MemoryStore()
  readonly blobs = new MemoryBlobs()
  readonly ledgers: Ledgers
  readonly volunteers: Volunteer[] = []
  /** What the volunteers drew their batches from. */
  readonly drawn: Drawn[] = []
  training: TrainingService | null = null
  readonly data = syntheticData()
  readonly #random: Generator
  readonly #seed: number
  readonly #options: WorldOptions
  #restarts = 0
  #joined = 0

  constructor(seed: number, options: WorldOptions = {}) {
    this.#seed = seed
    const memory = new MemoryLedgers()
    this.ledgers = options.ledgers?.(memory, this.clock) ?? memory
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
      iceServers: [],
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
      { run, intensity: options.intensity ?? 1, batchLimit: null },
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
        const { training } = this
        if (!training) throw new Error('the coordinator is away')
        const blob = /^\/api\/blobs\/([0-9a-f]{64})$/.exec(url)?.[1]
        if (blob) return this.blobs.get(blob)
        const ledger = /^\/api\/runs\/(\w+)\/ledger\?from=(\d+)$/.exec(url)
        if (ledger) return training.ledger(ledger[1] as string, Number(ledger[2]))
        throw new Error(`no file ${url}`)
      },
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
