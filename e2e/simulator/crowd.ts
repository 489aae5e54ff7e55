import { Contributor } from '@quorate/coordinator/training/contributor'
import { LeaseBook } from '@quorate/coordinator/training/lease-book'
import type { StoredShard } from '@quorate/coordinator/training/ports'
import type { RunModel } from '@quorate/coordinator/training/run-model'
import type { RunInfo } from '@quorate/client/session/ports'
import { LocalTrainer } from '@quorate/client/trainer/trainer'
import type { FastModel } from '@quorate/shared/model/fast-model'
import { generator, shuffle } from '@quorate/shared/random/generator'
import type { SharedChunks } from './data.ts'
import { SharedEngine } from './engine.ts'
import { SimulatorError } from './errors.ts'
import type { SimulationSettings } from './settings.ts'
import type { Voter } from './vote.ts'

/** Paths of the crowd's chance under a run's seed. */
const ADVERSARIES_PATH = 0x61647673
const SAMPLE_PATH = 0x73616d70
const CHURN_PATH = 0x6368726e

/** One place in the crowd: whoever has it now, and where its replica stands. */
interface Seat {
  readonly adversary: boolean
  contributor: Contributor
  trainer: LocalTrainer
  /** Bytes of all verdicts up to the one its replica has last; null: it has no replica yet. */
  caughtUpBytes: number | null
}

export interface CrowdParts {
  readonly settings: SimulationSettings
  readonly run: RunInfo
  readonly model: RunModel
  readonly shards: readonly StoredShard[]
  readonly chunks: SharedChunks
  readonly gradients: FastModel
}

/** All contributors of a simulation: their data, who takes part, who leaves, who is behind. */
export class Crowd {
  readonly #parts: CrowdParts
  readonly #seats: Seat[]
  readonly #leases: LeaseBook
  #arrived = 0
  /** The newest verdict, and the bytes of all verdicts so far. */
  #last: { readonly frame: Uint8Array; readonly before: number } | null = null
  #verdictBytes = 0
  #saved: { readonly atBytes: number; readonly file: Uint8Array } | null = null
  #downBytes = 0

  private constructor(parts: CrowdParts) {
    const { settings, shards } = parts
    this.#parts = parts
    this.#leases = new LeaseBook(shards, settings.run.partition.kind === 'shared')
    const liars = liarsOf(settings)
    this.#seats = Array.from({ length: settings.contributors }, (_, place) => ({
      adversary: liars.has(place),
      ...this.#newcomer(),
    }))
  }

  /**
   * The crowd before its first round.
   *
   * @throws SimulatorError SETTINGS_NOT_POSSIBLE when there are more contributors than chunks.
   */
  static async gather(parts: CrowdParts): Promise<Crowd> {
    const crowd = new Crowd(parts)
    await crowd.#share()
    for (const seat of crowd.#seats) await crowd.#follow(seat)
    // Everybody begins with checkpoint 0; only what comes after it is counted.
    crowd.#downBytes = 0
    return crowd
  }

  /** Bytes that contributors have received: verdicts, and what brought the absent and new up to date. */
  get downBytes(): number {
    return this.#downBytes
  }

  /** Who votes in attempt number `attempt`, each at the model's round. */
  async voters(attempt: number): Promise<Voter[]> {
    const { settings } = this.#parts
    const voters: Voter[] = []
    for (const place of sampleOf(settings, attempt)) {
      const seat = this.#seats[place]
      if (!seat) continue
      await this.#follow(seat)
      const parts = this.#leases.parts(seat.contributor.number)
      voters.push({
        contributor: seat.contributor,
        trainer: seat.trainer,
        shards: parts.reduce((sum, { fraction }) => sum + fraction, 0),
        draws: parts.map(({ shard, chunks }) => ({ shard, chunks })),
        attack: seat.adversary ? settings.attack : null,
      })
    }
    return voters
  }

  /** A verdict has gone out to those who voted; the others fetch it when they come back. */
  async hear(frame: Uint8Array, voters: readonly Voter[]): Promise<void> {
    this.#last = { frame, before: this.#verdictBytes }
    this.#verdictBytes += frame.length
    const present = new Set(voters.map(({ contributor }) => contributor))
    for (const seat of this.#seats) if (present.has(seat.contributor)) await this.#follow(seat)
  }

  /** Before an attempt: some leave with all they had, and newcomers take their data. */
  async churn(attempt: number): Promise<void> {
    const { churn, run } = this.#parts.settings
    if (churn === 0) return
    const chance = generator(run.seed, CHURN_PATH, attempt)
    const leaving = this.#seats.filter(() => chance.uniform() < churn)
    if (leaving.length === 0) return
    for (const seat of leaving) {
      this.#leases.release(seat.contributor.number)
      seat.trainer.close()
      Object.assign(seat, this.#newcomer())
    }
    await this.#share()
  }

  /** The digest of every replica that stands at the model's round. */
  async digests(): Promise<string[]> {
    const digests: string[] = []
    for (const { trainer, caughtUpBytes } of this.#seats) {
      if (caughtUpBytes === this.#verdictBytes) digests.push((await trainer.digest()).digest)
    }
    return digests
  }

  #newcomer(): Omit<Seat, 'adversary'> {
    const { settings, gradients } = this.#parts
    const number = this.#arrived++
    const contributor = new Contributor({
      number,
      id: `contributor-${number}`,
      name: `Contributor ${number}`,
      tokenHash: '',
      joinedAtMs: 0,
      batch: settings.run.batch,
    })
    this.#leases.add(number, [], 0)
    const trainer = new LocalTrainer(new SharedEngine(gradients), () => 0)
    return { contributor, trainer, caughtUpBytes: null }
  }

  /** Leases anew, and hands out the chunks of whoever holds others than before. */
  async #share(): Promise<void> {
    const { run, chunks } = this.#parts
    const changed = new Set(this.#leases.settle(0, () => true).changed)
    for (const { contributor, trainer } of this.#seats) {
      const { number } = contributor
      if (!changed.has(number)) continue
      const held = this.#leases.parts(number).flatMap((part) => part.chunks)
      if (held.length === 0) throw this.#tooMany()
      await trainer.prepare(run, number)
      await trainer.keepChunks(held)
      for (const digest of held) await trainer.addChunk(digest, await chunks.get(digest))
    }
  }

  #tooMany(): SimulatorError {
    const { settings, shards } = this.#parts
    const most = shards.reduce((sum, { chunks }) => sum + chunks.length, 0)
    return new SimulatorError(
      'SETTINGS_NOT_POSSIBLE',
      `${settings.contributors} contributors, but the data has only ${most} chunks to lease: ` +
        'use fewer contributors, or as many shards as contributors',
    )
  }

  /** Brings a replica to the model's round: by the newest verdict, or else by a checkpoint. */
  async #follow(seat: Seat): Promise<void> {
    const has = seat.caughtUpBytes
    if (has === this.#verdictBytes) return
    if (this.#last && has === this.#last.before) {
      await seat.trainer.applyVerdict(this.#last.frame)
      this.#downBytes += this.#last.frame.length
    } else {
      const checkpoint = this.#checkpoint()
      await seat.trainer.loadCheckpoint(checkpoint)
      // Whoever has a replica fetches what it missed; a checkpoint only where that is less.
      const missed = has === null ? Infinity : this.#verdictBytes - has
      this.#downBytes += Math.min(missed, checkpoint.length)
    }
    seat.caughtUpBytes = this.#verdictBytes
  }

  /** The model's checkpoint file, made once a round. */
  #checkpoint(): Uint8Array {
    const { model } = this.#parts
    if (this.#saved?.atBytes !== this.#verdictBytes) {
      this.#saved = { atBytes: this.#verdictBytes, file: model.save().file }
    }
    return this.#saved.file
  }
}

function liarsOf({ adversaries, contributors, run }: SimulationSettings): ReadonlySet<number> {
  const places = Uint32Array.from({ length: contributors }, (_, place) => place)
  shuffle(places, generator(run.seed, ADVERSARIES_PATH))
  return new Set(places.subarray(0, Math.round(adversaries * contributors)))
}

/** The places asked in an attempt, ascending. */
function sampleOf({ contributors, sample, run }: SimulationSettings, attempt: number): Uint32Array {
  const places = Uint32Array.from({ length: contributors }, (_, place) => place)
  if (sample === null || sample === contributors) return places
  shuffle(places, generator(run.seed, SAMPLE_PATH, attempt))
  return places.slice(0, sample).sort()
}
