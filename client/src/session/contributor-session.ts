import type { Clock } from '@quorate/shared/clock/clock'
import type {
  ContributorMessage,
  CoordinatorMessage,
  MessageOf,
} from '@quorate/shared/protocol/messages'
import { decodeFrame, FrameError } from '@quorate/shared/wire/frame'
import { unitsOfCheckpoint } from '@quorate/shared/wire/checkpoint'
import { unitsOfVerdict } from '@quorate/shared/wire/verdict'
import { PROTOCOL_VERSION } from '@quorate/shared/wire/version'
import { catchUp, DownloadError } from './catch-up.ts'
import { ChunkLoader } from './chunk-loader.ts'
import { Detours, Dispatch } from './dispatch.ts'
import { oneRound } from './one-round.ts'
import type {
  BackendReport,
  CastOrder,
  CastResult,
  Files,
  Link,
  LinkEvent,
  Mesh,
  Trainer,
} from './ports.ts'
import { TallyDesk } from './tally-desk.ts'
import { TrafficMeter } from './traffic-meter.ts'
import { noSession } from './view.ts'
import type { SessionStatus, SessionView } from './view.ts'

type Message<T extends CoordinatorMessage['type']> = MessageOf<CoordinatorMessage, T>

const HEARTBEAT_MS = 5000
const DIGEST_EVERY = 10
/** Verdicts that may come while older ones are still being fetched. */
const MAX_WAITING_FRAMES = 2000
const MAX_WAITING_BYTES = 64 * 1024 * 1024
/** As many as the trainer keeps ballots of. */
const MAX_UNSETTLED = 4
/** Catching up failed: the next try. */
const RETRY_MS = 3000

export interface SessionPorts {
  readonly link: Link
  readonly mesh: Mesh
  readonly files: Files
  readonly trainer: Trainer
  readonly clock: Clock
  /** Every change of what the page shows. */
  readonly onView: (view: SessionView) => void
  /** The secret that resumes this contributor, kept by the tab. */
  readonly resume: {
    load(): { id: string; token: string } | null
    save(value: { id: string; token: string }): void
    /** From now on this tab is a newcomer. */
    forget(): void
  }
}

export interface SessionOptions {
  readonly run: string
  /** Share of the rounds to take part in, 0.1..1. */
  readonly intensity: number
  readonly batchLimit: number | null
}

/** What the contributor wants, whatever the connection does. */
type Wish =
  | { readonly kind: 'take-part' }
  | { readonly kind: 'pause' }
  /** Finishes the round at hand first. */
  | { readonly kind: 'leave-after-round' }
  | { readonly kind: 'left' }

/** Where the replica stands towards the coordinator's. */
type Replica = { readonly kind: 'none' } | Fetching | { readonly kind: 'current' }

interface Fetching {
  readonly kind: 'fetching'
  /** Verdicts that came meanwhile, and their bytes together. */
  readonly waiting: Uint8Array[]
  waitingBytes: number
  readonly abort: AbortController
}

/** One contributor from hello to bye; lives through reconnects. */
export class ContributorSession {
  readonly #ports: SessionPorts
  readonly #options: SessionOptions
  readonly #traffic = new TrafficMeter()
  readonly #desk: TallyDesk
  readonly #chunks: ChunkLoader
  #wish: Wish = { kind: 'take-part' }
  #replica: Replica = { kind: 'none' }
  /** Rounds that the trainer has been told to apply. */
  #round: number | null = null
  #welcome: Message<'welcome'> | null = null
  #backend: BackendReport | null = null
  #units: Uint8Array | null = null
  readonly #detours: Detours
  #dispatch: Dispatch | null = null
  /** A batch is being computed: another one would only queue behind it. */
  #casting = false
  /** The newest question of the opening phase, while a step for it is computed. */
  #calibrating: number | null = null
  #announced = false
  #inRound: number | null = null
  /** Attempts of which the settlement has not come. */
  readonly #unsettled = new Set<number>()
  #intensity: number
  #intensityOwed = 0
  #cancelHeartbeat: () => void = () => {}
  #cancelRetry: () => void = () => {}
  #view: SessionView = noSession

  constructor(ports: SessionPorts, options: SessionOptions) {
    this.#ports = ports
    this.#options = options
    this.#intensity = options.intensity
    const { clock, link, trainer, files, mesh } = ports
    this.#detours = new Detours(clock)
    this.#desk = new TallyDesk({ clock, send: (frame) => this.#sendTally(frame) })
    this.#chunks = new ChunkLoader({
      files,
      trainer,
      clock,
      report: (sequence, chunks) => link.send({ type: 'loaded', sequence, chunks: [...chunks] }),
      progress: (done, total, sizeBytes) => {
        this.#traffic.add('downloads', sizeBytes)
        this.#show({ loading: done < total ? { done, total } : null })
        this.#announce()
      },
      failed: (error) => this.#show({ trouble: textOf(error) }),
    })
    mesh.listen((from, frame) => {
      this.#traffic.add('ballotsReceived', frame.length)
      this.#desk.frame(from, frame)
    })
  }

  get view(): SessionView {
    return this.#view
  }

  start(): void {
    this.#show({ status: { kind: 'connecting' } })
    this.#ports.link.listen((event) => this.#onLink(event))
    this.#beat()
  }

  pause(): void {
    if (this.#wish.kind !== 'take-part') return
    this.#wish = { kind: 'pause' }
    this.#withdraw('paused')
    this.#show({ status: { kind: 'paused' } })
  }

  resume(): void {
    if (this.#wish.kind !== 'pause') return
    this.#wish = { kind: 'take-part' }
    this.#showProgress()
    this.#announce()
  }

  stopAfterRound(): void {
    if (this.#wish.kind === 'left') return
    if (this.#inRound === null) return void this.stop()
    this.#wish = { kind: 'leave-after-round' }
    this.#show({ status: { kind: 'ending', then: 'stopped' } })
  }

  async stop(): Promise<void> {
    if (this.#wish.kind === 'left') return
    this.#wish = { kind: 'left' }
    this.#ports.link.send({ type: 'bye' })
    this.#shut()
    this.#show({ status: { kind: 'stopped' } })
    await Promise.resolve()
  }

  setIntensity(share: number): void {
    this.#intensity = Math.min(1, Math.max(0.1, share))
  }

  // ---- the link

  #onLink(event: LinkEvent): void {
    if (this.#wish.kind === 'left') return
    switch (event.kind) {
      case 'open': {
        this.#announced = false
        this.#chunks.disconnected()
        const resume = this.#ports.resume.load()
        const webrtc = this.#ports.mesh.available
        const { run } = this.#options
        const peer = this.#welcome?.peer?.id ?? null
        const hello = {
          type: 'hello',
          protocol: PROTOCOL_VERSION,
          run,
          resume,
          webrtc,
          peer,
        } as const
        this.#ports.link.send(hello)
        return
      }
      case 'down':
        return this.#onDown(event.retryInMs, event.reason)
      case 'garbled':
        return this.#show({ trouble: event.detail })
      case 'frame':
        return this.#onVerdict(event.frame)
      case 'message':
        this.#traffic.add('controlReceived', event.sizeBytes)
        return this.#onMessage(event.message)
    }
  }

  #onMessage(message: CoordinatorMessage): void {
    switch (message.type) {
      case 'welcome':
        return this.#run(this.#onWelcome(message))
      case 'lease':
        return this.#onLease(message)
      case 'calibrate':
        return this.#run(this.#onCalibrate(message))
      case 'opening':
        return this.#run(this.#onOpening(message))
      case 'excuse':
        return this.#desk.excuse(message)
      case 'resend':
        return this.#onResend(message)
      case 'settled':
        return this.#onSettled(message)
      case 'state':
        return this.#onState(message)
      case 'alive':
        return
      case 'resync':
        this.#round = null
        return this.#fetch({ round: message.round, checkpoint: message.checkpoint })
      case 'error':
        if (message.fatal) return this.#fail(message.code, message.detail)
        return this.#show({ trouble: `${message.code}: ${message.detail}` })
    }
  }

  #onState({ state }: Message<'state'>): void {
    this.#show({ runState: state })
    // No round will end while nothing is decided.
    if (this.#wish.kind === 'leave-after-round' && state.kind !== 'training') {
      return void this.stop()
    }
    this.#showProgress()
  }

  #onDown(retryInMs: number, reason: string): void {
    this.#announced = false
    this.#inRound = null
    this.#desk.close()
    this.#chunks.disconnected()
    if (this.#replica.kind === 'fetching') this.#replica.abort.abort()
    if (this.#wish.kind === 'leave-after-round') return void this.stop()
    const retryAtMs = this.#ports.clock.nowMs() + retryInMs
    this.#show({ status: { kind: 'connection-lost', retryAtMs, reason } })
  }

  async #onWelcome(welcome: Message<'welcome'>): Promise<void> {
    const { trainer, mesh, resume } = this.#ports
    const { id, token, run, contributor, name } = welcome
    const before = this.#welcome
    this.#welcome = welcome
    resume.save({ id, token })
    if (welcome.peer) mesh.start(welcome.peer, welcome.iceServers)
    this.#chunks.reconnected()
    // Paused before the connection broke, or before there was one: said anew.
    if (this.#wish.kind === 'pause') this.#ports.link.send({ type: 'unready', reason: 'paused' })
    this.#show({ me: { name, contributor }, runState: welcome.state, round: welcome.round })
    this.#fetching()
    if (before?.run.id !== run.id || before.contributor !== contributor || !this.#backend) {
      this.#show({ status: { kind: 'preparing' } })
      this.#backend = await trainer.prepare(run, contributor)
      const { backend, why } = this.#backend
      this.#show({ backend, backendWhy: why })
      if (this.#welcome !== welcome) return
    }
    this.#fetch(welcome)
  }

  // ---- the replica

  /** From now on verdicts wait until those before them are here. */
  #fetching(): Fetching {
    if (this.#replica.kind === 'fetching') this.#replica.abort.abort()
    const abort = new AbortController()
    const replica: Fetching = { kind: 'fetching', waiting: [], waitingBytes: 0, abort }
    this.#replica = replica
    return replica
  }

  #fetch(target: { round: number; checkpoint: Message<'welcome'>['checkpoint'] }): void {
    const before = this.#replica.kind === 'fetching' ? this.#replica : null
    const replica = this.#fetching()
    replica.waiting.push(...(before?.waiting ?? []))
    replica.waitingBytes = before?.waitingBytes ?? 0
    this.#withdraw('catching-up')
    this.#showProgress()
    this.#run(this.#catchUp(target, replica))
  }

  async #catchUp(
    target: { round: number; checkpoint: Message<'welcome'>['checkpoint'] },
    replica: Fetching,
  ): Promise<void> {
    const { run } = this.#welcome as Message<'welcome'>
    const { files, trainer, clock } = this.#ports
    const { signal } = replica.abort
    const shape = { run: run.number, d: run.d, block: run.settings.block }
    try {
      await catchUp(
        { run, ...target, from: this.#round },
        {
          files,
          trainer,
          signal,
          took: (kind, bytes) => {
            this.#units =
              kind === 'checkpoint' ? unitsOfCheckpoint(bytes) : unitsOfVerdict(bytes, shape)
          },
          downloaded: (sizeBytes) => this.#traffic.add('downloads', sizeBytes),
          progress: (done, total) => this.#show({ loading: done < total ? { done, total } : null }),
        },
      )
      if (signal.aborted) return
      const { round } = await trainer.digest()
      if (signal.aborted) return
      this.#round = round
      this.#replica = { kind: 'current' }
      this.#show({ replicaRound: round, loading: null })
      for (const frame of replica.waiting) this.#onVerdict(frame)
      this.#showProgress()
      this.#announce()
    } catch (error) {
      if (signal.aborted) return
      this.#round = error instanceof DownloadError ? await this.#trainedTo() : null
      if (signal.aborted) return
      this.#show({ trouble: textOf(error) })
      this.#cancelRetry()
      this.#cancelRetry = clock.after(RETRY_MS, () => {
        if (this.#replica === replica) this.#fetch(target)
      })
    }
  }

  /** Where the trainer's replica stands; null before it has one. */
  #trainedTo(): Promise<number | null> {
    return this.#ports.trainer.digest().then(
      ({ round }) => (this.#round === null ? null : round),
      () => null,
    )
  }

  /** A frame from the coordinator: the verdict of a round. */
  #onVerdict(frame: Uint8Array): void {
    const run = this.#welcome?.run
    if (!run) return
    this.#traffic.add('verdictsReceived', frame.length)
    if (this.#replica.kind === 'fetching') {
      return this.#keepForLater(this.#replica, frame)
    }
    try {
      const { header } = decodeFrame(frame)
      if (header.kind !== 'verdict') throw new FrameError('FRAME_KIND', 'not a verdict')
      if (this.#round !== null && header.round < this.#round) return
      this.#units = unitsOfVerdict(frame, { run: run.number, d: run.d, block: run.settings.block })
    } catch (error) {
      return this.#show({ trouble: textOf(error) })
    }
    this.#run(this.#apply(frame))
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

  async #apply(frame: Uint8Array): Promise<void> {
    const { trainer, link } = this.#ports
    const applied = trainer.applyVerdict(frame)
    // Asked for in the same breath, so that no later verdict comes between.
    const digested =
      (this.#round ?? 0) % DIGEST_EVERY === DIGEST_EVERY - 1 ? trainer.digest() : null
    digested?.catch(() => {}) // Seen below, unless applying fails first.
    if (this.#round !== null && !isAnnouncement(frame)) this.#round += 1
    try {
      const { round } = await applied
      this.#round = Math.max(round, this.#round ?? 0)
      this.#show({ replicaRound: round, round: Math.max(round, this.#view.round) })
      const report = await digested
      if (report && report.round % DIGEST_EVERY === 0) {
        link.send({ type: 'digest', ...report })
        this.#show({ digest: report })
      }
    } catch (error) {
      this.#show({ trouble: textOf(error) })
      const welcome = this.#welcome
      if (welcome && this.#replica.kind === 'current') {
        this.#round = null
        this.#fetch(welcome)
      }
    }
  }

  // ---- the data

  #onLease(lease: Message<'lease'>): void {
    this.#run(this.#chunks.follow(lease).then(() => this.#announce()))
    this.#show({ shards: this.#chunks.shards })
    this.#showProgress()
    this.#announce()
  }

  // ---- the rounds

  async #onCalibrate(message: Message<'calibrate'>): Promise<void> {
    const { trainer, link } = this.#ports
    const { share, loaded } = message
    if (!this.#announced) return
    // A step slower than the deadline must not queue behind itself: it answers the newest question.
    const measuring = this.#calibrating !== null
    this.#calibrating = message.attempt
    if (measuring) return
    const full = this.#welcome?.run.settings.batch ?? 1
    const batch = Math.min(full, this.#options.batchLimit ?? full)
    const draws = this.#chunks.drawsAt(loaded)
    const value = await trainer.loudness({ round: 0, share, batch, draws }).catch(() => null)
    const attempt = this.#calibrating
    this.#calibrating = null
    if (value !== null) link.send({ type: 'loudness', attempt, value })
    else link.send({ type: 'abstain', round: 0, attempt, reason: 'non-finite' })
  }

  async #onOpening(opening: Message<'opening'>): Promise<void> {
    const { link, mesh, clock } = this.#ports
    const welcome = this.#welcome
    // Paused or catching up: the coordinator has heard of it by now, or will in a moment, and takes
    // it as leaving the round. An owner whose units are old would refuse good ballots.
    if (!welcome || !this.#announced) return
    const { run, contributor: self } = welcome
    const { round, attempt } = opening
    this.#inRound = attempt
    this.#unsettled.add(attempt)
    for (const oldest of this.#unsettled) {
      if (this.#unsettled.size <= MAX_UNSETTLED) break
      this.#unsettled.delete(oldest)
    }
    mesh.setGroup(opening.group, self)
    const desk = this.#desk
    desk.open(run, opening, { self, units: this.#units })
    const { traffic, detours } = { traffic: this.#traffic, detours: this.#detours }
    const current = () => desk.attempt === attempt
    const dispatch = new Dispatch(attempt, { link, mesh, detours, traffic, current })
    this.#dispatch = dispatch
    this.#show({ round, status: this.#trainingStatus() })
    const declined = this.#casting ? 'busy' : this.#takesPart() ? null : 'intensity'
    if (declined) return this.#abstain(opening, declined)
    const { batchLimit } = this.#options
    const cast = (order: CastOrder) => this.#cast(order)
    const result = await oneRound(opening, this.#chunks.drawsAt(opening.loaded), {
      ...{ run, self, trainer: { cast }, dispatch, desk, clock, batchLimit },
    })
    if (result.kind === 'ended') return
    if (result.kind === 'abstained') {
      this.#show({ trouble: result.detail })
      return this.#abstain(opening, result.reason)
    }
    const batch = Math.min(opening.batch, batchLimit ?? opening.batch)
    this.#show({
      stepMs: result.result.stepMs,
      batchLoss: result.result.loss,
      samples: this.#view.samples + batch * run.settings.localSteps,
      slicesCast: this.#view.slicesCast + opening.slices,
    })
  }

  /** Casts no ballot in this opening: neither the others nor its own slices wait for one. */
  #abstain(
    { round, attempt }: Message<'opening'>,
    reason: MessageOf<ContributorMessage, 'abstain'>['reason'],
  ): void {
    const contributor = this.#welcome?.contributor ?? 0
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

  /** Intensity: a share of the rounds, spread evenly; the others are declined as they open. */
  #takesPart(): boolean {
    this.#intensityOwed += this.#intensity
    if (this.#intensityOwed < 1 - 1e-9) return false
    this.#intensityOwed -= 1
    return true
  }

  #onResend({ attempt, slice }: Message<'resend'>): void {
    if (this.#dispatch?.attempt === attempt) this.#dispatch.resend(slice)
  }

  #onSettled({ attempt, counted }: Message<'settled'>): void {
    if (this.#inRound === attempt) this.#inRound = null
    // What was settled already, or by the page before this one, may come again after a return.
    if (this.#unsettled.delete(attempt)) this.#credit(attempt, counted)
    if (this.#wish.kind === 'leave-after-round') void this.stop()
  }

  #credit(attempt: number, counted: readonly boolean[] | null): void {
    const settlement = counted
      ? ({ kind: 'decided', counted } as const)
      : ({ kind: 'void' } as const)
    this.#run(this.#ports.trainer.settle(attempt, settlement))
    const mine = counted?.filter(Boolean).length ?? 0
    const missed = counted !== null && mine === 0
    this.#show({
      roundsCounted: this.#view.roundsCounted + (mine > 0 ? 1 : 0),
      roundsMissed: this.#view.roundsMissed + (missed ? 1 : 0),
      slicesCounted: this.#view.slicesCounted + mine,
    })
  }

  #sendTally(frame: Uint8Array): void {
    if (this.#ports.link.sendFrame(frame)) this.#traffic.add('talliesSent', frame.length)
  }

  // ---- taking part

  /** Says ready as soon as replica, data and wish allow it. */
  #announce(): void {
    // Without a lease, being ready is asking for one.
    const data = this.#chunks.startable || this.#chunks.shards.length === 0
    const able = this.#replica.kind === 'current' && data && this.#backend !== null
    if (this.#announced || !able || this.#wish.kind !== 'take-part') return
    this.#announced = true
    this.#run(this.#sendReady())
  }

  async #sendReady(): Promise<void> {
    const { trainer, link } = this.#ports
    const { round, digest } = await trainer.digest()
    const { backend = 'none', stepMs = {} } = this.#backend ?? {}
    if (!this.#announced) return
    link.send({ type: 'ready', round, digest, backend, stepMs: { ...stepMs } })
    this.#showProgress()
  }

  #withdraw(reason: 'paused' | 'catching-up'): void {
    // A pause is told before there was a ready too: the operator sees it.
    if (!this.#announced && reason !== 'paused') return
    this.#announced = false
    this.#ports.link.send({ type: 'unready', reason })
    // To the coordinator it has left the round at hand: what it would still send comes too late.
    this.#desk.close()
  }

  #beat(): void {
    this.#cancelHeartbeat = this.#ports.clock.after(HEARTBEAT_MS, () => {
      const { link, mesh } = this.#ports
      const { stepMs } = this.#view
      const traffic = this.#traffic.report(link.bytesSent.text)
      link.send({ type: 'heartbeat', stepMs, peers: mesh.connected.size, traffic })
      this.#show({})
      this.#beat()
    })
  }

  /** Work that goes on by itself; what it throws is shown. */
  #run(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (this.#wish.kind === 'left') return
      if (!this.#backend) return this.#fail(codeOf(error), textOf(error))
      this.#show({ trouble: textOf(error) })
    })
  }

  #fail(code: string, detail: string): void {
    this.#wish = { kind: 'left' }
    this.#shut()
    // Another tab, a copy of this one, goes on as this contributor; joining again would take it back.
    if (code === 'REPLACED') this.#ports.resume.forget()
    this.#show({ status: { kind: 'failed', code, detail } })
  }

  /** Closes everything but the trainer, which the page may still ask for the parameters. */
  #shut(): void {
    const { link, mesh } = this.#ports
    if (this.#replica.kind === 'fetching') this.#replica.abort.abort()
    this.#cancelHeartbeat()
    this.#cancelRetry()
    this.#desk.close()
    this.#chunks.close()
    mesh.close()
    link.close()
  }

  // ---- the view

  #trainingStatus(): SessionStatus {
    return this.#wish.kind === 'leave-after-round'
      ? { kind: 'ending', then: 'stopped' }
      : { kind: 'training' }
  }

  /** The status that follows from where everything stands. */
  #showProgress(): void {
    this.#show({ status: this.#status() })
  }

  #status(): SessionStatus {
    const { runState } = this.#view
    if (this.#wish.kind === 'pause') return { kind: 'paused' }
    if (runState?.kind === 'finished') return { kind: 'finished' }
    if (!this.#welcome) return { kind: 'connecting' }
    if (!this.#backend) return { kind: 'preparing' }
    if (this.#replica.kind !== 'current') return { kind: 'catching-up' }
    if (this.#chunks.shards.length === 0) return { kind: 'waiting-for-data' }
    if (!this.#chunks.startable) return { kind: 'catching-up' }
    if (runState?.kind === 'training') return this.#trainingStatus()
    return { kind: 'ready' }
  }

  #show(change: Partial<SessionView>): void {
    const { link, mesh } = this.#ports
    this.#view = {
      ...this.#view,
      ...change,
      traffic: this.#traffic.report(link.bytesSent.text),
      peers: mesh.connected.size,
    }
    this.#ports.onView(this.#view)
  }
}

/** The opening phase's frame, which announces units and moves nothing. */
function isAnnouncement(frame: Uint8Array): boolean {
  return decodeFrame(frame).payload[0] === 0
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'FAILED'
}
