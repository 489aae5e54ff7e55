import { detailOf } from '@quorate/shared/failure/detail'
import type { Clock } from '@quorate/shared/clock/clock'
import type { Keys } from '@quorate/shared/keys/keys'
import type {
  ContributorMessage,
  CoordinatorMessage,
  MessageOf,
} from '@quorate/shared/protocol/messages'
import type { Opening, Settled } from '@quorate/shared/wire/turn'
import { Detours, Dispatch } from './dispatch.ts'
import { oneRound } from './one-round.ts'
import type {
  BatchOrder,
  CastOrder,
  CastResult,
  Link,
  MarkRound,
  Mesh,
  RunInfo,
  Trainer,
} from './ports.ts'
import { TallyDesk } from './tally-desk.ts'
import type { TrafficMeter } from './traffic-meter.ts'

type Message<T extends CoordinatorMessage['type']> = MessageOf<CoordinatorMessage, T>

/** As many as the trainer keeps ballots of. */
const MAX_UNSETTLED = 4

/** So many shares of rounds, added up in floating point, are one. */
const ONE_ROUND = 1 - 1e-9

/** A ballot that has left, for the page. */
export interface CastNews {
  /** Records that it was computed from. */
  readonly samples: number
  readonly slices: number
  readonly stepMs: number
  readonly loss: number
}

/** Which run, and which of its contributors. */
interface As {
  readonly run: RunInfo
  readonly self: number
}

export interface RoundsPorts {
  readonly link: Link
  readonly mesh: Mesh
  readonly trainer: Trainer
  readonly clock: Clock
  readonly keys: Keys
  readonly traffic: TrafficMeter
  /** The loaded chunks that the coordinator knows of at a `loaded` sequence. */
  readonly draws: (loaded: number) => BatchOrder['draws']
  /** The round's units, for methods that have them. */
  readonly units: () => Uint8Array | null
  readonly opened: (round: number) => void
  readonly cast: (news: CastNews) => void
  /** By slice; null: the attempt was void. */
  readonly settled: (counted: readonly boolean[] | null) => void
  readonly trouble: (text: string) => void
  readonly mark: MarkRound
}

/** This contributor's part in the rounds as they come: opening phase, ballots, owned slices. */
export class Rounds {
  readonly #ports: RoundsPorts
  readonly #batchLimit: number | null
  readonly #desk: TallyDesk
  readonly #detours: Detours
  #dispatch: Dispatch | null = null
  /** A batch is being computed: another one would only queue behind it. */
  #casting = false
  /** The newest question of the opening phase, while a step for it is computed. */
  #calibrating: number | null = null
  /** The attempt whose settlement is awaited. */
  #inRound: number | null = null
  /** Attempts of which the settlement has not come. */
  readonly #unsettled = new Set<number>()
  #intensity: number
  #intensityOwed = 0
  /** What was chosen for the round that was opened last. */
  #choice: { readonly round: number; readonly takesPart: boolean } | null = null

  constructor(ports: RoundsPorts, options: { intensity: number; batchLimit: number | null }) {
    this.#ports = ports
    this.#intensity = options.intensity
    this.#batchLimit = options.batchLimit
    const { clock, link, mesh, mark, traffic, keys } = ports
    this.#detours = new Detours(clock)
    this.#desk = new TallyDesk({
      ...{ clock, mark, verify: keys.verify },
      send: (frame) => {
        if (link.sendFrame(frame)) traffic.add('talliesSent', frame.length)
      },
    })
    mesh.listen((from, frame) => {
      traffic.add('ballotsReceived', frame.length)
      this.#desk.frame(from, frame)
    })
  }

  /** A round has opened and is not settled. */
  get underWay(): boolean {
    return this.#inRound !== null
  }

  /** The share of the rounds to take part in, 0.1..1. */
  setIntensity(share: number): void {
    this.#intensity = Math.min(1, Math.max(0.1, share))
  }

  /** The opening phase: the loudness of a first gradient. */
  async calibrate({ attempt, share, loaded }: Message<'calibrate'>, { run }: As): Promise<void> {
    const { trainer, link, trouble } = this.#ports
    // A step slower than the deadline must not queue behind itself: it answers the newest question.
    const measuring = this.#calibrating !== null
    this.#calibrating = attempt
    if (measuring) return
    const batch = this.#atMost(run.settings.batch)
    const order = { round: 0, share, batch, draws: this.#ports.draws(loaded) }
    const answer = await trainer.loudness(order).then(
      (value) => (value === null ? ('non-finite' as const) : { value }),
      (error: unknown) => {
        trouble(detailOf(error))
        return 'failed' as const
      },
    )
    const newest = this.#calibrating
    this.#calibrating = null
    if (typeof answer === 'string') {
      link.send({ type: 'abstain', round: 0, attempt: newest, reason: answer })
    } else link.send({ type: 'loudness', attempt: newest, ...answer })
  }

  /** A round opens: casts a ballot, or declines. Ends when the ballot has left. */
  async open(opening: Opening, as: As): Promise<void> {
    const { clock, opened, cast, trouble, mark } = this.#ports
    mark('opened', opening.round)
    const dispatch = this.#begin(opening, as)
    opened(opening.round)
    const declined = this.#casting ? 'busy' : this.#takesPart(opening.round) ? null : 'intensity'
    if (declined) return this.#abstain(opening, as.self, declined)
    const result = await oneRound(opening, this.#ports.draws(opening.loaded), {
      ...as,
      ...{ dispatch, desk: this.#desk, clock, mark, batchLimit: this.#batchLimit },
      trainer: { cast: (order) => this.#cast(order) },
      signer: this.#ports.keys.signer,
      waiting: (next) => this.#lookAhead(next),
    })
    if (result.kind === 'ended') return
    if (result.kind === 'abstained') {
      trouble(result.detail)
      return this.#abstain(opening, as.self, result.reason)
    }
    const samples = this.#atMost(opening.batch) * as.run.settings.localSteps
    const { stepMs, loss } = result.result
    cast({ samples, slices: opening.slices, stepMs, loss })
  }

  excuse(message: Message<'excuse'>): void {
    this.#desk.excuse(message)
  }

  recall(message: Message<'recall'>): void {
    this.#desk.recall(message)
  }

  resend({ attempt, slice }: Message<'resend'>): void {
    if (this.#dispatch?.attempt === attempt) this.#dispatch.resend(slice)
  }

  settle({ attempt, counted }: Settled): void {
    if (this.#inRound === attempt) this.#inRound = null
    // What was settled already, or by the page before this one, may come again after a return.
    if (!this.#unsettled.delete(attempt)) return
    const { trainer, settled, trouble } = this.#ports
    const settlement = counted
      ? ({ kind: 'decided', counted } as const)
      : ({ kind: 'void' } as const)
    trainer.settle(attempt, settlement).catch((error: unknown) => trouble(detailOf(error)))
    settled(counted)
  }

  /** To the coordinator it has left the round at hand: what it would still send comes too late. */
  withdraw(): void {
    this.#desk.close()
  }

  /** The connection is gone, and with it the round at hand. */
  leave(): void {
    this.#inRound = null
    this.#desk.close()
  }

  /** Slices owned, edges to the group, and the way out for the ballot. */
  #begin(opening: Opening, { run, self }: As): Dispatch {
    const { link, mesh, traffic, units } = this.#ports
    const { attempt } = opening
    const desk = this.#desk
    this.#inRound = attempt
    this.#unsettled.add(attempt)
    for (const oldest of this.#unsettled) {
      if (this.#unsettled.size <= MAX_UNSETTLED) break
      this.#unsettled.delete(oldest)
    }
    mesh.setGroup(opening.group, self)
    desk.open(run, opening, { self, units: units() })
    const current = () => desk.attempt === attempt
    this.#dispatch = new Dispatch(attempt, {
      ...{ link, mesh, traffic, current },
      detours: this.#detours,
    })
    return this.#dispatch
  }

  /** Casts no ballot in this opening: neither the others nor its own slices wait for one. */
  #abstain(
    { round, attempt }: Opening,
    contributor: number,
    reason: MessageOf<ContributorMessage, 'abstain'>['reason'],
  ): void {
    this.#ports.link.send({ type: 'abstain', round, attempt, reason })
    this.#desk.excuse({ type: 'excuse', round, attempt, contributor, slice: null })
  }

  async #cast(order: CastOrder): Promise<CastResult> {
    this.#casting = true
    try {
      return await this.#ports.trainer.cast(order)
    } finally {
      this.#casting = false
    }
  }

  /** The batch of the next round, if this contributor will take part in it. */
  #lookAhead(next: BatchOrder): void {
    if (this.#intensityOwed + this.#intensity < ONE_ROUND) return
    const { trainer, trouble } = this.#ports
    trainer.prefetch(next).catch((error: unknown) => trouble(detailOf(error)))
  }

  /**
   * Intensity: a share of the rounds, spread evenly; the others are declined as they open. A round
   * that opens again had too few voters: it is declined no second time, since two who decline in
   * turn would never meet.
   */
  #takesPart(round: number): boolean {
    const before = this.#choice?.round === round ? this.#choice : null
    if (!before) this.#intensityOwed += this.#intensity
    const takesPart = before !== null || this.#intensityOwed >= ONE_ROUND
    if (takesPart && !before?.takesPart) this.#intensityOwed -= 1
    this.#choice = { round, takesPart }
    return takesPart
  }

  #atMost(batch: number): number {
    return Math.min(batch, this.#batchLimit ?? batch)
  }
}
