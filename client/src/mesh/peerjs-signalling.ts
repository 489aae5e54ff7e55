import { retryDelayMs } from '@quorate/shared/clock/retry'
import type { RetryPolicy } from '@quorate/shared/clock/retry'
import type * as PeerJS from 'peerjs'
import type { DataConnection, Peer } from 'peerjs'
import type { CancelTimer, Clock } from '@quorate/shared/clock/clock'
import type { RTCIceServerLike } from '../session/ports.ts'
import { rtcConfiguration } from './reach.ts'
import { routeOf } from './route.ts'
import type {
  Channel,
  ChannelEvent,
  OpenSignalling,
  Signalling,
  SignallingTicket,
} from './signalling.ts'

/** Of PeerJS' server: anything but the default, which the world knows. */
const KEY = 'quorate'
/** As often as heartbeats tell of it. */
const LOOK_AT_ROUTE_MS = 5000
/** Waits between two attempts to sign in: random up to the double of the one before. */
const RETRY: RetryPolicy = { firstMs: 500, longestMs: 15_000 }

export interface PeerSignallingOptions {
  /** Where the page came from: signalling is on the same server. */
  readonly location: { readonly protocol: string; readonly hostname: string; readonly port: string }
  readonly clock: Clock
  /** 0 ≤ r < 1. */
  readonly random: () => number
  /** WebRTC only by way of a TURN server: nobody learns this network address. */
  readonly relayOnly: boolean
}

/** Signalling through PeerJS, or null where WebRTC does not exist. */
export function peerSignalling(options: PeerSignallingOptions): OpenSignalling | null {
  if (typeof RTCPeerConnection === 'undefined') return null
  return (ticket, iceServers, incoming) =>
    new PeerSignalling({ ...options, ticket, iceServers, incoming })
}

interface Session extends PeerSignallingOptions {
  readonly ticket: SignallingTicket
  readonly iceServers: readonly RTCIceServerLike[]
  readonly incoming: (channel: Channel) => void
}

class PeerSignalling implements Signalling {
  readonly #session: Session
  #iceServers: readonly RTCIceServerLike[]
  #peer: Peer | null = null
  #closed = false
  #failures = 0
  #cancelRetry: CancelTimer = () => {}
  /** Dialled before signing in. */
  #waiting = new Set<PeerChannel>()

  constructor(session: Session) {
    this.#session = session
    this.#iceServers = session.iceServers
    void this.#signIn()
  }

  dial(peer: string): Channel {
    const channel = new PeerChannel(peer, this.#session.clock)
    if (this.#peer?.open) this.#connect(channel)
    else this.#wait(channel)
    return channel
  }

  renew(iceServers: readonly RTCIceServerLike[]): void {
    this.#iceServers = iceServers
    // PeerJS takes its configuration from here for each connection that it makes or answers.
    if (this.#peer) this.#peer.options.config = this.#configuration()
  }

  close(): void {
    this.#closed = true
    this.#cancelRetry()
    this.#waiting.clear()
    this.#peer?.destroy()
    this.#peer = null
  }

  async #signIn(): Promise<void> {
    let library: typeof PeerJS
    try {
      library = await import('peerjs')
    } catch {
      this.#retryLater() // its file did not arrive; the edges' deadlines tell the session
      return
    }
    if (this.#closed) return
    const { location, ticket, incoming } = this.#session
    const secure = location.protocol === 'https:'
    const peer = new library.Peer(ticket.id, {
      key: KEY,
      token: ticket.ticket,
      host: location.hostname,
      port: Number(location.port) || (secure ? 443 : 80),
      path: ticket.path,
      secure,
      config: this.#configuration(),
      debug: 0,
    })
    this.#peer = peer
    peer.on('open', () => this.#signedIn())
    peer.on('connection', (connection) => {
      if (connection.serialization !== 'raw') {
        connection.close()
        return
      }
      const channel = new PeerChannel(connection.peer, this.#session.clock)
      channel.attach(connection)
      incoming(channel)
    })
    peer.on('call', (call) => call.close())
    peer.on('error', nothing) // told again as 'disconnected', or by the deadline of an edge
    peer.on('disconnected', () => this.#retryLater())
  }

  #configuration(): RTCConfiguration {
    return rtcConfiguration(this.#iceServers, this.#session.relayOnly)
  }

  #signedIn(): void {
    this.#failures = 0
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const channel of waiting) this.#connect(channel)
  }

  /** The line to the server is lost, or was never there; the edges live on without it. */
  #retryLater(): void {
    if (this.#closed) return
    const { clock, random } = this.#session
    const waitMs = retryDelayMs(RETRY, this.#failures, random)
    this.#failures += 1
    this.#cancelRetry()
    this.#cancelRetry = clock.after(waitMs, () => {
      // A peer that never got through has destroyed itself.
      if (this.#peer && !this.#peer.destroyed) this.#peer.reconnect()
      else void this.#signIn()
    })
  }

  /** Forgets those given up meanwhile, so that a long outage does not pile them up. */
  #wait(channel: PeerChannel): void {
    for (const other of this.#waiting) if (other.closed) this.#waiting.delete(other)
    this.#waiting.add(channel)
  }

  #connect(channel: PeerChannel): void {
    if (channel.closed || !this.#peer) return
    // Whoever answers is identified by its id alone; nothing is said in the metadata.
    channel.attach(this.#peer.connect(channel.peer, { serialization: 'raw', reliable: true }))
  }
}

/** A PeerJS connection, or the place of one that is yet to be dialled. */
class PeerChannel implements Channel {
  readonly peer: string
  readonly #clock: Clock
  #cancelWatch: CancelTimer = () => {}
  #connection: DataConnection | null = null
  #listener: (event: ChannelEvent) => void = nothing
  #closed = false
  #below: { readonly bytes: number; readonly run: () => void } | null = null

  constructor(peer: string, clock: Clock) {
    this.peer = peer
    this.#clock = clock
  }

  get closed(): boolean {
    return this.#closed
  }

  get bufferedAmount(): number {
    return this.#dataChannel?.bufferedAmount ?? 0
  }

  attach(connection: DataConnection): void {
    this.#connection = connection
    connection.on('open', () => {
      const dataChannel = this.#dataChannel
      dataChannel?.addEventListener('bufferedamountlow', () => this.#drained())
      this.#tell({ kind: 'open' })
      void this.#watchRoute(connection.peerConnection)
    })
    connection.on('data', (data) => {
      // Text is nothing of ours: a message of no bytes is refused like any other.
      const message = data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array()
      this.#tell({ kind: 'message', message })
    })
    connection.on('close', () => this.#lost())
    // PeerJS waits for ICE to fail; Chromium leaves that at 'disconnected' and fails the whole.
    const { peerConnection } = connection
    peerConnection.addEventListener('connectionstatechange', () => {
      if (peerConnection.connectionState === 'failed') this.#lost()
    })
    connection.on('error', () => this.#lost())
  }

  /**
   * Now and every few seconds: the way may change, and that a candidate is a relay's may be known
   * only when its signal comes, after the first messages through it.
   */
  async #watchRoute(peerConnection: RTCPeerConnection): Promise<void> {
    const route = await routeOf(peerConnection)
    if (this.#closed) return
    if (route) this.#tell({ kind: 'route', route })
    this.#cancelWatch = this.#clock.after(LOOK_AT_ROUTE_MS, () => {
      void this.#watchRoute(peerConnection)
    })
  }

  listen(listener: (event: ChannelEvent) => void): void {
    this.#listener = listener
  }

  send(message: Uint8Array<ArrayBuffer>): void {
    void this.#connection?.send(message)
  }

  whenBelow(bytes: number, run: () => void): void {
    const dataChannel = this.#dataChannel
    if (!dataChannel) return
    this.#below = { bytes, run }
    dataChannel.bufferedAmountLowThreshold = bytes
    // It may have drained between the caller's look at it and now.
    if (dataChannel.bufferedAmount <= bytes) queueMicrotask(() => this.#drained())
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#below = null
    this.#cancelWatch()
    this.#connection?.close()
  }

  /** PeerJS takes it away from a connection that is closed. */
  get #dataChannel(): RTCDataChannel | null {
    return (this.#connection?.dataChannel as RTCDataChannel | null | undefined) ?? null
  }

  #drained(): void {
    const waiting = this.#below
    if (!waiting || this.bufferedAmount > waiting.bytes) return
    this.#below = null
    waiting.run()
  }

  #lost(): void {
    if (this.#closed) return
    this.close()
    this.#listener({ kind: 'closed' })
  }

  #tell(event: ChannelEvent): void {
    if (!this.#closed) this.#listener(event)
  }
}

function nothing(): void {
  // Nobody listens yet, or what happened is told in another way.
}
