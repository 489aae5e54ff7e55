import type { ContributorView } from '@quorate/shared/api/api'
import type {
  BackendName,
  CoordinatorMessage,
  TrafficReport,
} from '@quorate/shared/protocol/messages'
import { noTraffic } from '@quorate/shared/protocol/traffic'
import type { Settled } from '@quorate/shared/wire/turn'
import type { ContributorAllowance } from './allowance.ts'
import { Bucket } from './bucket.ts'
import type { Connection } from './ports.ts'

/** Strikes halve in this time. */
const STRIKE_HALF_LIFE_MS = 10 * 60_000
/** The fifth strike excludes; the first ones have faded a little by then. */
const EXCLUDE_AT = 4.5

const MAX_SETTLEMENTS = 4
/** Rounds of silence that nobody holds against a contributor are fewer. */
const SILENT_ROUNDS = 2
const FIRST_REST_MS = 10_000
const LONGEST_REST_MS = 300_000

/** Connections of one contributor: a line that breaks all the time does not come near it. */
const RETURNS = { most: 30, perSecond: 0.5 } as const

/** A contributor of one run, present or away. */
export class Contributor {
  readonly number: number
  readonly id: string
  readonly name: string
  readonly tokenHash: string
  readonly joinedAtMs: number
  status: ContributorView['status'] = 'joining'
  /** Reads too slowly: verdicts are left out until it can be told to fetch them. */
  behind = false
  connection: Connection | null = null
  peer: { readonly id: string; readonly ticket: string } | null = null
  lastSeenMs: number
  /** When the credentials that it was given for TURN servers should be renewed; null = never. */
  renewIceAtMs: number | null = null
  banned = false
  /** Its public key, as the last hello proved; null until it has been here since the last start. */
  key: Uint8Array | null = null
  /** What it may say; from its first welcome on, whichever connections it comes by. */
  allowance: ContributorAllowance | null = null
  #returns: Bucket | null = null
  backend: BackendName = 'none'
  stepMs: number | null = null
  peers = 0
  turnPeers = 0
  traffic: TrafficReport = noTraffic
  roundsCounted = 0
  roundsMissed = 0
  lateBallots = 0
  /** Of its last attempts; said again when it returns, as it may not have heard. */
  settlements: readonly Settled[] = []
  lastDigest: ContributorView['lastDigest'] = null
  /** Chunk digest → sequence of the `loaded` message that named it, on this connection. */
  readonly loaded = new Map<string, number>()
  loadedSequence = 0
  /** Records in its batches: less for a chronic straggler. */
  batch: number
  /** Rounds missed (negative: counted) in a row. */
  missedInARow = 0
  /** Until then it is asked for no ballot: it had answered several with silence. */
  restsUntilMs = 0
  #silentInARow = 0
  #lastLateAttempt = -1
  #strikes = 0
  #strikesAtMs = 0

  constructor(known: {
    number: number
    id: string
    name: string
    tokenHash: string
    joinedAtMs: number
    batch: number
  }) {
    this.number = known.number
    this.id = known.id
    this.name = known.name
    this.tokenHash = known.tokenHash
    this.joinedAtMs = known.joinedAtMs
    this.lastSeenMs = known.joinedAtMs
    this.batch = known.batch
  }

  send(message: CoordinatorMessage): void {
    this.connection?.send(JSON.stringify(message))
  }

  /** Counts one more connection of it; false where they come too fast one after the other. */
  mayReturn(nowMs: number): boolean {
    this.#returns ??= new Bucket(RETURNS, nowMs)
    return this.#returns.take(1, nowMs)
  }

  strikes(nowMs: number): number {
    return this.#strikes * 0.5 ** ((nowMs - this.#strikesAtMs) / STRIKE_HALF_LIFE_MS)
  }

  /** One more strike; true when that excludes it. */
  strike(nowMs: number): boolean {
    this.#strikes = this.strikes(nowMs) + 1
    this.#strikesAtMs = nowMs
    // Rounded as shown: the first strikes have faded a little when the last one comes.
    return Math.round(this.#strikes) >= EXCLUDE_AT
  }

  /**
   * It was asked for a ballot. Silence (no ballot, and no word about one) makes everybody wait for
   * the deadlines: after two in a row it rests, each time longer. Returns how long, else 0.
   */
  asked(silent: boolean, nowMs: number): number {
    this.#silentInARow = silent ? this.#silentInARow + 1 : 0
    if (this.#silentInARow < SILENT_ROUNDS) return 0
    const restMs = Math.min(
      LONGEST_REST_MS,
      FIRST_REST_MS * 2 ** (this.#silentInARow - SILENT_ROUNDS),
    )
    this.restsUntilMs = nowMs + restMs
    return restMs
  }

  /** Keeps as many as a contributor keeps ballots of. */
  settled(settlement: Settled): void {
    this.settlements = [...this.settlements, settlement].slice(-MAX_SETTLEMENTS)
  }

  /** Its ballot of `attempt` was too late; true for the first that is heard of it. */
  late(attempt: number): boolean {
    if (attempt <= this.#lastLateAttempt) return false
    this.#lastLateAttempt = attempt
    // Slow is not silent: smaller batches are the answer to that.
    this.#silentInARow = 0
    this.restsUntilMs = 0
    this.lateBallots += 1
    return true
  }

  /** Halves the batch after three misses in a row, doubles it again after twenty counted. */
  adaptBatch(counted: boolean, full: number): void {
    if (counted) {
      this.missedInARow = Math.min(0, this.missedInARow) - 1
      if (this.missedInARow <= -20 && this.batch < full) {
        this.batch = Math.min(full, this.batch * 2)
        this.missedInARow = 0
      }
    } else {
      this.missedInARow = Math.max(0, this.missedInARow) + 1
      if (this.missedInARow >= 3) {
        this.batch = Math.max(1, Math.floor(this.batch / 2))
        this.missedInARow = 0
      }
    }
  }

  view(shards: ContributorView['shards'], nowMs: number): ContributorView {
    return {
      number: this.number,
      name: this.name,
      backend: this.backend,
      status: this.status === 'ready' && shards.length === 0 ? 'waiting' : this.status,
      shards,
      roundsCounted: this.roundsCounted,
      roundsMissed: this.roundsMissed,
      lateBallots: this.lateBallots,
      strikes: Math.round(this.strikes(nowMs)),
      stepMs: this.stepMs,
      peers: this.peers,
      turnPeers: this.turnPeers,
      traffic: this.traffic,
      joinedAtMs: this.joinedAtMs,
      lastDigest: this.lastDigest,
    }
  }
}
