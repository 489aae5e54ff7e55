import { detailOf } from '@quorate/shared/failure/detail'
import type { CancelTimer, Clock } from '@quorate/shared/clock/clock'
import type { CoordinatorMessage, MessageOf } from '@quorate/shared/protocol/messages'
import { unitsOfCheckpoint } from '@quorate/shared/wire/checkpoint'
import { peekVerdict } from '@quorate/shared/wire/verdict'
import { catchUp, DownloadError } from './catch-up.ts'
import type { Files, MarkRound, RunInfo, Trainer } from './ports.ts'

const DIGEST_EVERY = 10
/** Verdicts that may come while older ones are still being fetched. */
const MAX_WAITING_FRAMES = 2000
const MAX_WAITING_BYTES = 64 * 1024 * 1024
/** Catching up failed: the next try. */
const RETRY_MS = 3000

/** Where to get to, as a welcome or a resync says. */
export type Target = Pick<MessageOf<CoordinatorMessage, 'welcome'>, 'round' | 'checkpoint'>

/** Where the replica stands towards the coordinator's. */
type Replica = { readonly kind: 'none' } | Fetching | { readonly kind: 'current' }

interface Fetching {
  readonly kind: 'fetching'
  /** Verdicts that came meanwhile, and their bytes together. */
  readonly waiting: Uint8Array[]
  waitingBytes: number
  readonly abort: AbortController
}

export interface ReplicaPorts {
  readonly files: Files
  readonly trainer: Trainer
  readonly clock: Clock
  /** It fetches, and takes no part until it has caught up. */
  readonly behind: () => void
  readonly caughtUp: () => void
  /** Rounds that the replica has applied. */
  readonly advanced: (round: number) => void
  /** Every tenth round. */
  readonly digest: (report: { round: number; digest: string }) => void
  readonly downloaded: (sizeBytes: number) => void
  readonly progress: (loading: { done: number; total: number } | null) => void
  /** Went wrong and is tried again. */
  readonly trouble: (text: string) => void
  readonly mark: MarkRound
}

/** Keeps the trainer's replica where the coordinator's is: by files after a gap, then verdict by verdict. */
export class ReplicaFollower {
  readonly #ports: ReplicaPorts
  #run: RunInfo | null = null
  #target: Target | null = null
  #replica: Replica = { kind: 'none' }
  /** Rounds that the trainer has been told to apply; null: there is none, or it is not to be trusted. */
  #round: number | null = null
  #units: Uint8Array | null = null
  #cancelRetry: CancelTimer = () => {}

  constructor(ports: ReplicaPorts) {
    this.#ports = ports
  }

  get current(): boolean {
    return this.#replica.kind === 'current'
  }

  /** Units of the next round, for methods that have them. */
  get units(): Uint8Array | null {
    return this.#units
  }

  /** A connection has begun: verdicts wait until `follow` says from where to fetch. */
  hold(run: RunInfo): void {
    this.#run = run
    this.#fetching()
  }

  /** Fetches what is missing, then applies what comes. */
  follow(target: Target): void {
    this.#target = target
    this.#fetch(target)
  }

  /** The replica is not what it should be: from a checkpoint on. */
  startOver(target: Target): void {
    this.#round = null
    this.follow(target)
  }

  /** The connection is gone; the replica stays where it is. */
  interrupt(): void {
    if (this.#replica.kind === 'fetching') this.#replica.abort.abort()
  }

  close(): void {
    this.interrupt()
    this.#cancelRetry()
  }

  /** A frame from the coordinator: the verdict of a round. */
  verdict(frame: Uint8Array): void {
    if (!this.#run) return
    if (this.#replica.kind === 'fetching') return this.#keepForLater(this.#replica, frame)
    const { number, d, settings } = this.#run
    try {
      const { round, moves, units } = peekVerdict(frame, { run: number, d, block: settings.block })
      if (this.#round !== null && round < this.#round) return
      this.#units = units
      if (moves) this.#ports.mark('decided', round)
      this.#guarded(this.#apply(frame, moves))
    } catch (error) {
      this.#ports.trouble(detailOf(error))
    }
  }

  /** From now on verdicts wait until those before them are here. */
  #fetching(): Fetching {
    this.interrupt()
    const abort = new AbortController()
    const replica: Fetching = { kind: 'fetching', waiting: [], waitingBytes: 0, abort }
    this.#replica = replica
    return replica
  }

  #fetch(target: Target): void {
    const before = this.#replica.kind === 'fetching' ? this.#replica : null
    const replica = this.#fetching()
    replica.waiting.push(...(before?.waiting ?? []))
    replica.waitingBytes = before?.waitingBytes ?? 0
    this.#ports.behind()
    this.#guarded(this.#catchUp(target, replica))
  }

  async #catchUp(target: Target, replica: Fetching): Promise<void> {
    const { clock, advanced, caughtUp, progress, trouble } = this.#ports
    const { signal } = replica.abort
    try {
      await this.#download(target, signal)
      if (signal.aborted) return
      const { round } = await this.#ports.trainer.digest()
      if (signal.aborted) return
      this.#round = round
      this.#replica = { kind: 'current' }
      progress(null)
      advanced(round)
      for (const frame of replica.waiting) this.verdict(frame)
      caughtUp()
    } catch (error) {
      if (signal.aborted) return
      this.#round = error instanceof DownloadError ? await this.#trainedTo() : null
      if (signal.aborted) return
      trouble(detailOf(error))
      this.#cancelRetry()
      this.#cancelRetry = clock.after(RETRY_MS, () => {
        if (this.#replica === replica) this.#fetch(target)
      })
    }
  }

  #download(target: Target, signal: AbortSignal): Promise<void> {
    const run = this.#run as RunInfo
    const { files, trainer, downloaded, progress } = this.#ports
    const shape = { run: run.number, d: run.d, block: run.settings.block }
    return catchUp(
      { run, ...target, from: this.#round },
      {
        ...{ files, trainer, signal, downloaded },
        took: (kind, bytes) => {
          this.#units =
            kind === 'checkpoint' ? unitsOfCheckpoint(bytes) : peekVerdict(bytes, shape).units
        },
        progress: (done, total) => progress(done < total ? { done, total } : null),
      },
    )
  }

  /** Where the trainer's replica stands; null before it has one. */
  #trainedTo(): Promise<number | null> {
    return this.#ports.trainer.digest().then(
      ({ round }) => (this.#round === null ? null : round),
      () => null,
    )
  }

  /** Too many are dropped: the gap shows at the next verdict, which fetches again. */
  #keepForLater(replica: Fetching, frame: Uint8Array): void {
    replica.waiting.push(frame)
    replica.waitingBytes += frame.length
    const { waiting, waitingBytes } = replica
    if (waiting.length <= MAX_WAITING_FRAMES && waitingBytes <= MAX_WAITING_BYTES) return
    waiting.length = 0
    replica.waitingBytes = 0
  }

  /** `moves`: not the opening phase's frame, which only announces units. */
  async #apply(frame: Uint8Array, moves: boolean): Promise<void> {
    const { trainer, advanced, digest, trouble, mark } = this.#ports
    const applied = trainer.applyVerdict(frame)
    // Asked for in the same breath, so that no later verdict comes between.
    const digested =
      (this.#round ?? 0) % DIGEST_EVERY === DIGEST_EVERY - 1 ? trainer.digest() : null
    digested?.catch(() => {}) // Seen below, unless applying fails first.
    if (this.#round !== null && moves) this.#round += 1
    try {
      const { round } = await applied
      this.#round = Math.max(round, this.#round ?? 0)
      if (moves) mark('applied', round - 1)
      advanced(round)
      const report = await digested
      if (report && report.round % DIGEST_EVERY === 0) digest(report)
    } catch (error) {
      trouble(detailOf(error))
      if (this.#target && this.current) this.startOver(this.#target)
    }
  }

  #guarded(work: Promise<void>): void {
    work.catch((error: unknown) => this.#ports.trouble(detailOf(error)))
  }
}
