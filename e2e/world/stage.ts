/** World, coordinator and people of a scenario, and the coordinator's lives. */
import type { LedgerEntry, Ledgers } from '@quorate/coordinator/training/ports'
import type { TrainingService } from '@quorate/coordinator/training/service'
import { generator } from '@quorate/shared/random/generator'
import { changed } from './changed.ts'
import { CoordinatorLife } from './coordinator-life.ts'
import type { Disk, WriteSide } from './coordinator-life.ts'
import { Counts } from './counts.ts'
import type { DiskFault } from './faulty-ledgers.ts'
import { FaultyLedgers } from './faulty-ledgers.ts'
import { LocalClock } from './local-clock.ts'
import { Player } from './players.ts'
import type { Fault, Scenario } from './scenario.ts'
import type { Weather } from './weather.ts'
import { CALM } from './weather.ts'
import { Witness } from './witness.ts'
import { World } from './world.ts'

const PLAYERS_PATH = 0x57a6e000
/** What the coordinator's clock shows at the beginning, as one since the Unix epoch does. */
const EPOCH_MS = 1_700_000_000_000

export type Trace = (atMs: number, text: string) => void
type WriteKill = Extract<Fault, { kind: 'kill-at-write' }>

export class Stage {
  readonly scenario: Scenario
  readonly world: World
  /** What happened, by kind of fault. */
  readonly struck = new Counts()
  /** What was told, by kind of lie. */
  readonly lies = new Counts()
  players: readonly Player[] = []
  runId = ''
  /** The faults are over. */
  healed = false
  weather: Weather = CALM
  disk: DiskFault = { kind: 'none' }
  /** Writes of all lives since the people came. */
  writes = 0
  readonly #trace: Trace
  #witness: Witness | null = null
  #life: CoordinatorLife | null = null
  /** How far the coordinator's clock is ahead of the world's. */
  #clockMs = EPOCH_MS
  #writeKills: readonly WriteKill[] = []

  constructor(scenario: Scenario, trace: Trace) {
    this.scenario = scenario
    this.#trace = trace
    this.world = new World(scenario.seed, {
      life: (disk) => this.#begin(disk),
      training: (training) => this.#watched(training),
    })
  }

  get witness(): Witness {
    if (!this.#witness) throw new Error('the run has not been made')
    return this.#witness
  }
  get training(): TrainingService | null {
    return this.world.training
  }
  /** Rounds decided, as the ledger has them. */
  get round(): number {
    return this.witness.rounds
  }

  /** Makes the run; nobody has come yet. */
  async open(): Promise<void> {
    const { scenario, world } = this
    const runId = await world.run(scenario.settings)
    const [stored] = await world.store.listRuns()
    const training = world.training
    if (!stored || !training) throw new Error('the run was not made')
    this.runId = runId
    const { number } = stored
    this.#witness = new Witness(number, () => world.clock.nowMs())
    const d = training.replica(runId).parameters.length
    const run = { id: runId, number, d, block: stored.settings.block }
    this.players = scenario.people.map(
      (person, place) =>
        new Player(place, person, {
          ...{ world, run, witness: this.witness },
          ...{ struck: this.struck, lies: this.lies },
          random: generator(scenario.seed, PLAYERS_PATH, place),
          weather: () => this.weather,
        }),
    )
    this.#writeKills = scenario.faults.filter((fault) => fault.kind === 'kill-at-write')
  }

  trace(text: string): void {
    this.#trace(this.world.clock.nowMs(), text)
  }

  /** SIGKILL; it is started again after `downMs`, its clock set by `clockMs`. */
  kill({ downMs, clockMs }: { downMs: number; clockMs: number }): void {
    const life = this.#life
    if (!life || life.ended) return
    this.trace(`the coordinator is killed after write ${this.writes}`)
    void life.end()
    this.world.training = null
    this.#clockMs += clockMs
    this.witness.killed()
    const { clock } = this.world
    // Not within its own stack: the sockets break when it is gone.
    clock.after(0, () => {
      for (const { link } of this.world.volunteers) link.cut()
    })
    clock.after(downMs, () => {
      this.trace('the coordinator starts')
      this.world.boot().catch((error: unknown) => this.trace(`it could not: ${String(error)}`))
    })
  }

  /** No further kill at a write. */
  spare(): void {
    this.#writeKills = []
  }

  #begin(disk: Disk): CoordinatorLife {
    const offsetMs = this.#clockMs
    const clock = new LocalClock(this.world.clock, {
      offsetMs,
      rate: this.scenario.coordinatorRate,
    })
    const hearing = heard(disk.ledgers, (entry) => this.#witness?.appended(entry))
    const ledgers = new FaultyLedgers(hearing, clock, () => {
      if (this.disk.kind !== 'none') this.struck.add('slow-disk')
      return this.disk
    })
    const life = new CoordinatorLife(
      { store: disk.store, blobs: disk.blobs, ledgers },
      { clock, kills: (side, what) => this.#killsAt(side, what) },
    )
    this.#life = life
    return life
  }

  #killsAt(side: WriteSide, what: string): boolean {
    if (!this.#witness) return false
    if (side === 'before') this.writes += 1
    const fatal = this.#writeKills.find((one) => one.write === this.writes && one.side === side)
    if (!fatal) return false
    this.struck.add('kill-at-write')
    this.trace(`killed ${side} write ${this.writes}, ${what}`)
    this.kill({ downMs: fatal.downMs, clockMs: 0 })
    return true
  }

  /** Its sockets, watched; a dead process says nothing and hears nothing. */
  #watched(training: TrainingService): TrainingService | null {
    const life = this.#life
    if (life?.ended) return null
    return changed(training, {
      accept: (connection) => {
        const whileAlive = (act: () => void) => {
          if (!life?.ended) act()
        }
        const socket = training.accept(
          changed(connection, {
            send: (text) => whileAlive(() => connection.send(text)),
            sendTurn: (shared, own) =>
              whileAlive(() => {
                this.witness.told(shared, own)
                connection.sendTurn(shared, own)
              }),
          }),
        )
        return changed(socket, {
          text: (message) => whileAlive(() => socket.text(message)),
          frame: (bytes) => whileAlive(() => socket.frame(bytes)),
          closed: (clean) => whileAlive(() => socket.closed(clean)),
        })
      },
    })
  }
}

/** `ledgers`, with every entry told as soon as it is on disk, whoever lives to hear of it. */
function heard(ledgers: Ledgers, appended: (entry: LedgerEntry) => void): Ledgers {
  return changed(ledgers, {
    open: async (run) => {
      const ledger = await ledgers.open(run)
      return changed(ledger, {
        append: async (entry) => {
          await ledger.append(entry)
          appended(entry)
        },
      })
    },
  })
}
