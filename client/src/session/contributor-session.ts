import { detailOf } from '@quorate/shared/failure/detail'
import type { Clock } from '@quorate/shared/clock/clock'
import type { CoordinatorMessage, MessageOf } from '@quorate/shared/protocol/messages'
import { PROTOCOL_VERSION } from '@quorate/shared/wire/version'
import { ChunkLoader } from './chunk-loader.ts'
import { codeOf } from './error-code.ts'
import type { BackendReport, Files, Link, LinkEvent, Mesh, RunInfo, Trainer } from './ports.ts'
import { ReplicaFollower } from './replica-follower.ts'
import { Rounds } from './rounds.ts'
import type { CastNews } from './rounds.ts'
import { TrafficMeter } from './traffic-meter.ts'
import { noSession } from './view.ts'
import type { SessionStatus, SessionView } from './view.ts'

type Message<T extends CoordinatorMessage['type']> = MessageOf<CoordinatorMessage, T>

const HEARTBEAT_MS = 5000

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

/** One contributor from hello to bye; lives through reconnects. */
export class ContributorSession {
  readonly #ports: SessionPorts
  readonly #options: SessionOptions
  readonly #traffic = new TrafficMeter()
  readonly #rounds: Rounds
  readonly #chunks: ChunkLoader
  #wish: Wish = { kind: 'take-part' }
  readonly #replica: ReplicaFollower
  #welcome: Message<'welcome'> | null = null
  #backend: BackendReport | null = null
  #announced = false
  #cancelHeartbeat: () => void = () => {}
  #view: SessionView = noSession

  constructor(ports: SessionPorts, options: SessionOptions) {
    this.#ports = ports
    this.#options = options
    const { clock, link, trainer, files, mesh } = ports
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
      failed: (error) => this.#show({ trouble: detailOf(error) }),
    })
    this.#replica = new ReplicaFollower({
      ...{ files, trainer, clock },
      behind: () => {
        this.#withdraw()
        this.#showProgress()
      },
      caughtUp: () => {
        this.#showProgress()
        this.#announce()
      },
      advanced: (round) =>
        this.#show({ replicaRound: round, round: Math.max(round, this.#view.round) }),
      digest: (report) => {
        link.send({ type: 'digest', ...report })
        this.#show({ digest: report })
      },
      downloaded: (sizeBytes) => this.#traffic.add('downloads', sizeBytes),
      progress: (loading) => this.#show({ loading }),
      trouble: (trouble) => this.#show({ trouble }),
    })
    this.#rounds = new Rounds(
      {
        ...{ link, mesh, trainer, clock },
        traffic: this.#traffic,
        draws: (loaded) => this.#chunks.drawsAt(loaded),
        units: () => this.#replica.units,
        opened: (round) => this.#show({ round, status: this.#trainingStatus() }),
        cast: (news) => this.#tellCast(news),
        settled: (counted) => this.#tellSettled(counted),
        trouble: (trouble) => this.#show({ trouble }),
      },
      options,
    )
  }

  get view(): SessionView {
    return this.#view
  }

  start(): void {
    this.#show({ status: { kind: 'connecting' } })
    this.#ports.link.listen((event) => this.#onLink(event))
    this.#beat()
  }

  /** Leaves but for the way back: the data goes to others at once, and nothing comes in meanwhile. */
  pause(): void {
    if (this.#wish.kind !== 'take-part') return
    this.#wish = { kind: 'pause' }
    this.#offline()
    this.#ports.mesh.setGroup([], this.#welcome?.contributor ?? -1)
    this.#ports.link.rest()
    this.#show({ status: { kind: 'paused' }, shards: [] })
  }

  resume(): void {
    if (this.#wish.kind !== 'pause') return
    this.#wish = { kind: 'take-part' }
    this.#show({ status: { kind: 'connecting' } })
    this.#ports.link.wake()
  }

  stopAfterRound(): void {
    if (this.#wish.kind === 'left') return
    if (!this.#rounds.underWay) return void this.stop()
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
    this.#rounds.setIntensity(share)
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
        this.#traffic.add('verdictsReceived', event.frame.length)
        return this.#replica.verdict(event.frame)
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
        return this.#whileReady((as) => this.#rounds.calibrate(message, as))
      case 'opening':
        return this.#whileReady((as) => this.#rounds.open(message, as))
      case 'excuse':
        return this.#rounds.excuse(message)
      case 'resend':
        return this.#rounds.resend(message)
      case 'settled':
        this.#rounds.settle(message)
        if (this.#wish.kind === 'leave-after-round') void this.stop()
        return
      case 'state':
        return this.#onState(message)
      case 'alive':
        return
      case 'resync':
        return this.#replica.startOver(message)
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
    this.#offline()
    if (this.#wish.kind === 'leave-after-round') return void this.stop()
    const retryAtMs = this.#ports.clock.nowMs() + retryInMs
    this.#show({ status: { kind: 'connection-lost', retryAtMs, reason } })
  }

  /** The connection is gone, and with it the round at hand. */
  #offline(): void {
    this.#announced = false
    this.#rounds.leave()
    this.#chunks.disconnected()
    this.#replica.interrupt()
  }

  async #onWelcome(welcome: Message<'welcome'>): Promise<void> {
    const { trainer, mesh, resume } = this.#ports
    const { id, token, run, contributor, name } = welcome
    const before = this.#welcome
    this.#welcome = welcome
    resume.save({ id, token })
    if (welcome.peer) mesh.start(welcome.peer, welcome.iceServers)
    this.#chunks.reconnected()
    this.#show({ me: { name, contributor }, runState: welcome.state, round: welcome.round })
    this.#replica.hold(run)
    if (before?.run.id !== run.id || before.contributor !== contributor || !this.#backend) {
      this.#show({ status: { kind: 'preparing' } })
      this.#backend = await trainer.prepare(run, contributor)
      const { backend, why } = this.#backend
      this.#show({ backend, backendWhy: why })
      if (this.#welcome !== welcome) return
    }
    this.#replica.follow(welcome)
  }

  // ---- the data

  #onLease(lease: Message<'lease'>): void {
    this.#run(this.#chunks.follow(lease).then(() => this.#announce()))
    this.#show({ shards: this.#chunks.shards })
    this.#showProgress()
    this.#announce()
  }

  // ---- taking part

  /**
   * Paused or catching up: the coordinator has heard of it by now, or will in a moment, and takes
   * it as leaving the round. An owner whose units are old would refuse good ballots.
   */
  #whileReady(take: (as: { run: RunInfo; self: number }) => Promise<void>): void {
    const welcome = this.#welcome
    if (!welcome || !this.#announced) return
    this.#run(take({ run: welcome.run, self: welcome.contributor }))
  }

  #tellCast({ samples, slices, stepMs, loss }: CastNews): void {
    this.#show({
      stepMs,
      batchLoss: loss,
      samples: this.#view.samples + samples,
      slicesCast: this.#view.slicesCast + slices,
    })
  }

  #tellSettled(counted: readonly boolean[] | null): void {
    const mine = counted?.filter(Boolean).length ?? 0
    const missed = counted !== null && mine === 0
    this.#show({
      roundsCounted: this.#view.roundsCounted + (mine > 0 ? 1 : 0),
      roundsMissed: this.#view.roundsMissed + (missed ? 1 : 0),
      slicesCounted: this.#view.slicesCounted + mine,
    })
  }

  /** Says ready as soon as replica, data and wish allow it. */
  #announce(): void {
    // Without a lease, being ready is asking for one.
    const data = this.#chunks.startable || this.#chunks.shards.length === 0
    const able = this.#replica.current && data && this.#backend !== null
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

  #withdraw(): void {
    if (!this.#announced) return
    this.#announced = false
    this.#ports.link.send({ type: 'unready' })
    // To the coordinator it has left the round at hand: what it would still send comes too late.
    this.#rounds.withdraw()
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
      if (!this.#backend) return this.#fail(codeOf(error), detailOf(error))
      this.#show({ trouble: detailOf(error) })
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
    this.#replica.close()
    this.#cancelHeartbeat()
    this.#rounds.withdraw()
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
    // There is nothing to go on with after a pause.
    if (runState?.kind === 'finished') return { kind: 'finished' }
    if (this.#wish.kind === 'pause') return { kind: 'paused' }
    if (!this.#welcome) return { kind: 'connecting' }
    if (!this.#backend) return { kind: 'preparing' }
    if (!this.#replica.current) return { kind: 'catching-up' }
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
