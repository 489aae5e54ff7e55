import { detailOf } from '@quorate/shared/failure/detail'
import type { Clock } from '@quorate/shared/clock/clock'
import type { Keys } from '@quorate/shared/keys/keys'
import type { CoordinatorMessage, MessageOf } from '@quorate/shared/protocol/messages'
import { FrameError, kindOfFrame, splitFrames } from '@quorate/shared/wire/frame'
import { decodeTurn } from '@quorate/shared/wire/turn'
import type { Settled } from '@quorate/shared/wire/turn'
import { PROTOCOL_VERSION } from '@quorate/shared/wire/version'
import { ChunkLoader } from './chunk-loader.ts'
import { codeOf } from './error-code.ts'
import { GreetedLink } from './greeted-link.ts'
import type {
  BackendReport,
  Files,
  Link,
  LinkEvent,
  MarkRound,
  Mesh,
  RunInfo,
  Trainer,
} from './ports.ts'
import { ReplicaFollower } from './replica-follower.ts'
import { Rounds } from './rounds.ts'
import { Shown } from './shown.ts'
import { TrafficMeter } from './traffic-meter.ts'
import { statusOf, trainingStatus } from './view.ts'
import type { SessionView, Wish } from './view.ts'

type Message<T extends CoordinatorMessage['type']> = MessageOf<CoordinatorMessage, T>

const HEARTBEAT_MS = 5000

export interface SessionPorts {
  readonly link: Link
  readonly mesh: Mesh
  readonly files: Files
  readonly trainer: Trainer
  readonly clock: Clock
  readonly keys: Keys
  /** Every change of what the page shows. */
  readonly onView: (view: SessionView) => void
  readonly mark: MarkRound
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
  /** The code of a run that is by invitation. */
  readonly invite: string | null
}

/** One contributor from hello to bye; lives through reconnects. */
export class ContributorSession {
  readonly #ports: SessionPorts
  readonly #traffic = new TrafficMeter()
  readonly #shown: Shown
  readonly #rounds: Rounds
  readonly #chunks: ChunkLoader
  #wish: Wish = 'take-part'
  readonly #replica: ReplicaFollower
  #welcome: Message<'welcome'> | null = null
  #backend: BackendReport | null = null
  #announced = false
  #cancelHeartbeat: () => void = () => {}

  constructor(ports: SessionPorts, options: SessionOptions) {
    const { clock, trainer, files, mesh, mark, onView, keys } = ports
    const link = new GreetedLink(ports.link, {
      signer: keys.signer,
      hello: () => ({
        ...{ type: 'hello', protocol: PROTOCOL_VERSION, run: options.run },
        resume: ports.resume.load(),
        webrtc: mesh.available,
        invite: options.invite,
        peer: this.#welcome?.peer?.id ?? null,
      }),
    })
    this.#ports = { ...ports, link }
    this.#shown = new Shown({ link, mesh, onView, traffic: this.#traffic })
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
      ...{ files, trainer, clock, mark },
      behind: () => {
        this.#withdraw()
        this.#showProgress()
      },
      caughtUp: () => {
        this.#showProgress()
        this.#announce()
      },
      advanced: (round) =>
        this.#show({ replicaRound: round, round: Math.max(round, this.view.round) }),
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
        ...{ link, mesh, trainer, clock, mark, keys },
        traffic: this.#traffic,
        draws: (loaded) => this.#chunks.drawsAt(loaded),
        units: () => this.#replica.units,
        opened: (round) => this.#show({ round, status: trainingStatus(this.#wish) }),
        cast: (news) => this.#shown.cast(news),
        settled: (counted) => this.#shown.settled(counted),
        trouble: (trouble) => this.#show({ trouble }),
      },
      options,
    )
  }

  get view(): SessionView {
    return this.#shown.view
  }

  start(): void {
    this.#show({ status: { kind: 'connecting' } })
    this.#ports.link.listen((event) => this.#onLink(event))
    this.#beat()
  }

  /** Leaves but for the way back: the data goes to others at once, and nothing comes in meanwhile. */
  pause(): void {
    if (this.#wish !== 'take-part') return
    this.#wish = 'pause'
    this.#offline()
    this.#ports.mesh.setGroup([], this.#welcome?.contributor ?? -1)
    this.#ports.link.rest()
    this.#show({ status: { kind: 'paused' }, shards: [] })
  }

  resume(): void {
    if (this.#wish !== 'pause') return
    this.#wish = 'take-part'
    this.#show({ status: { kind: 'connecting' } })
    this.#ports.link.wake()
  }

  stopAfterRound(): void {
    if (this.#wish === 'left') return
    if (!this.#rounds.underWay) return void this.stop()
    this.#wish = 'leave-after-round'
    this.#show({ status: { kind: 'ending', then: 'stopped' } })
  }

  async stop(): Promise<void> {
    if (this.#wish === 'left') return
    this.#wish = 'left'
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
    if (this.#wish === 'left') return
    switch (event.kind) {
      case 'open':
        this.#announced = false
        this.#chunks.disconnected()
        return
      case 'down':
        return this.#onDown(event.retryInMs, event.reason)
      case 'garbled':
        return this.#show({ trouble: event.detail })
      case 'frame':
        return this.#onFrames(event.frame)
      case 'message':
        this.#traffic.add('controlReceived', event.sizeBytes)
        return this.#onMessage(event.message)
    }
  }

  /** A verdict, what stands between two rounds, or the one and behind it the other. */
  #onFrames(bytes: Uint8Array): void {
    try {
      for (const frame of splitFrames(bytes)) {
        if (this.#wish === 'left') return
        if (kindOfFrame(frame) === 'turn') this.#onTurn(frame)
        else this.#onVerdict(frame)
      }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      this.#show({ trouble: detailOf(error) })
    }
  }

  #onVerdict(frame: Uint8Array): void {
    this.#traffic.add('verdictsReceived', frame.length)
    this.#replica.verdict(frame)
  }

  #onTurn(frame: Uint8Array): void {
    this.#traffic.add('controlReceived', frame.length)
    const run = this.#welcome?.run
    if (!run) return
    const { settled, opening } = decodeTurn(frame, run.number)
    if (settled) this.#onSettled(settled)
    if (opening) this.#whileReady((as) => this.#rounds.open(opening, as))
  }

  #onSettled(settled: Settled): void {
    this.#rounds.settle(settled)
    if (this.#wish === 'leave-after-round') void this.stop()
  }

  #onMessage(message: CoordinatorMessage): void {
    switch (message.type) {
      case 'challenge':
        return
      case 'welcome':
        return this.#run(this.#onWelcome(message))
      case 'lease':
        return this.#onLease(message)
      case 'calibrate':
        return this.#whileReady((as) => this.#rounds.calibrate(message, as))
      case 'excuse':
        return this.#rounds.excuse(message)
      case 'resend':
        return this.#rounds.resend(message)
      case 'recall':
        return this.#rounds.recall(message)
      case 'state':
        return this.#onState(message)
      case 'alive':
        return
      case 'ice':
        return this.#ports.mesh.renew(message.iceServers)
      case 'behind':
        return this.#replica.follow(message)
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
    if (this.#wish === 'leave-after-round' && state.kind !== 'training') {
      return void this.stop()
    }
    this.#showProgress()
  }

  #onDown(retryInMs: number, reason: string): void {
    this.#offline()
    if (this.#wish === 'leave-after-round') return void this.stop()
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
    if (!welcome || !this.#announced || this.#wish === 'left') return
    this.#run(take({ run: welcome.run, self: welcome.contributor }))
  }

  /** Says ready as soon as replica, data and wish allow it. */
  #announce(): void {
    // Without a lease, being ready is asking for one.
    const data = this.#chunks.startable || this.#chunks.shards.length === 0
    const able = this.#replica.current && data && this.#backend !== null
    if (this.#announced || !able || this.#wish !== 'take-part') return
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
      const { stepMs } = this.view
      const traffic = this.#traffic.report(link.bytesSent.text)
      const [peers, turnPeers] = [mesh.connected.size, mesh.byTurn.size]
      link.send({ type: 'heartbeat', stepMs, peers, turnPeers, traffic })
      this.#show({})
      this.#beat()
    })
  }

  /** Work that goes on by itself; what it throws is shown. */
  #run(work: Promise<void>): void {
    work.catch((error: unknown) => {
      if (this.#wish === 'left') return
      if (!this.#backend) return this.#fail(codeOf(error), detailOf(error))
      this.#show({ trouble: detailOf(error) })
    })
  }

  #fail(code: string, detail: string): void {
    this.#wish = 'left'
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

  /** The status that follows from where everything stands. */
  #showProgress(): void {
    const status = statusOf({
      wish: this.#wish,
      runState: this.view.runState,
      welcomed: this.#welcome !== null,
      prepared: this.#backend !== null,
      current: this.#replica.current,
      hasData: this.#chunks.shards.length > 0,
      startable: this.#chunks.startable,
    })
    this.#show({ status })
  }

  #show(change: Partial<SessionView>): void {
    this.#shown.show(change)
  }
}
