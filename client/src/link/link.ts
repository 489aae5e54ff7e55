import type { CancelTimer, Clock } from '@quorate/shared/clock/clock'
import type { ContributorMessage, CoordinatorMessage } from '@quorate/shared/protocol/messages'
import { coordinatorMessage } from '@quorate/shared/protocol/messages'
import type { Link, LinkEvent } from '../session/ports.ts'
import type { RetryPolicy } from '@quorate/shared/clock/retry'
import { retryDelayMs } from '@quorate/shared/clock/retry'

export interface LinkOptions {
  readonly url: string
  readonly clock: Clock
  /** 0 ≤ r < 1. */
  readonly random: () => number
  /** The browser's WebSocket, or one of its kind. */
  readonly WebSocket: new (url: string) => WebSocket
}

/** Payload bytes by kind of message. */
export interface LinkBytes {
  readonly text: number
  readonly binary: number
}

const RETRY: RetryPolicy = { firstMs: 250, longestMs: 10_000 }
const CONNECT_DEADLINE_MS = 10_000
/** More than this unsent means that nothing gets through: the connection is given up. */
const MAX_UNSENT_BYTES = 32 * 2 ** 20
/** The session's heartbeat is answered every 5 s: nothing for so long is a dead line. */
const SILENCE_MS = 20_000
const MAX_DETAIL_LENGTH = 300

type State =
  | { readonly kind: 'connecting'; readonly socket: WebSocket; readonly cancel: CancelTimer }
  | { readonly kind: 'open'; readonly socket: WebSocket; heardAtMs: number; cancel: CancelTimer }
  | { readonly kind: 'waiting'; readonly cancel: CancelTimer }
  | { readonly kind: 'resting' }
  | { readonly kind: 'closed' }

/** The coordinator's WebSocket: opens at once, comes back by itself until closed. */
export class WebSocketLink implements Link {
  readonly #options: LinkOptions
  #state: State
  #listener: (event: LinkEvent) => void = () => {}
  /** Tries since the last welcome. */
  #failures = 0
  #sent: LinkBytes = { text: 0, binary: 0 }
  #received: LinkBytes = { text: 0, binary: 0 }

  constructor(options: LinkOptions) {
    this.#options = options
    this.#state = this.#connect()
  }

  get bytesSent(): LinkBytes {
    return this.#sent
  }

  get bytesReceived(): LinkBytes {
    return this.#received
  }

  listen(listener: (event: LinkEvent) => void): void {
    this.#listener = listener
  }

  send(message: ContributorMessage): boolean {
    const text = JSON.stringify(message)
    if (!this.#transmit(text)) return false
    this.#sent = { ...this.#sent, text: this.#sent.text + utf8Length(text) }
    return true
  }

  sendFrame(frame: Uint8Array): boolean {
    // A view on shared memory cannot be sent; all of ours own theirs.
    if (!this.#transmit(frame as Uint8Array<ArrayBuffer>)) return false
    this.#sent = { ...this.#sent, binary: this.#sent.binary + frame.byteLength }
    return true
  }

  close(): void {
    this.#leave()
    this.#state = { kind: 'closed' }
  }

  rest(): void {
    if (this.#state.kind === 'closed') return
    this.#leave()
    this.#state = { kind: 'resting' }
  }

  wake(): void {
    if (this.#state.kind === 'resting') this.#state = this.#connect()
  }

  /** Leaves the connection for a new one at once; all that is told is the new one's 'open'. */
  restart(): void {
    if (this.#state.kind === 'closed' || this.#state.kind === 'resting') return
    this.#leave()
    this.#state = this.#connect()
  }

  #leave(): void {
    const before = this.#state
    if (before.kind === 'closed' || before.kind === 'resting') return
    before.cancel()
    // What was sent leaves before the closing handshake does.
    if (before.kind !== 'waiting') before.socket.close(1000)
  }

  #transmit(data: string | Uint8Array<ArrayBuffer>): boolean {
    if (this.#state.kind !== 'open') return false
    const { socket } = this.#state
    if (socket.readyState !== OPEN) return false
    if (socket.bufferedAmount > MAX_UNSENT_BYTES) {
      // The close event, which may take long on a dead line, is not waited for; but down is told
      // later, as events never come inside send.
      this.#options.clock.after(0, () => this.#lost(socket, 'nothing gets through'))
      return false
    }
    socket.send(data)
    return true
  }

  #connect(): State {
    const { WebSocket, url, clock } = this.#options
    const socket = new WebSocket(url)
    socket.binaryType = 'arraybuffer'
    socket.addEventListener('open', () => this.#opened(socket))
    socket.addEventListener('message', ({ data }) => this.#arrived(socket, data))
    socket.addEventListener('close', ({ code, reason }) => {
      this.#lost(socket, reason || `closed with code ${code}`)
    })
    const cancel = clock.after(CONNECT_DEADLINE_MS, () => {
      this.#lost(socket, `no answer within ${CONNECT_DEADLINE_MS / 1000} s`)
    })
    return { kind: 'connecting', socket, cancel }
  }

  #opened(socket: WebSocket): void {
    if (this.#state.kind !== 'connecting' || this.#state.socket !== socket) return
    this.#state.cancel()
    const heardAtMs = this.#options.clock.nowMs()
    this.#state = { kind: 'open', socket, heardAtMs, cancel: this.#listenFor(socket, SILENCE_MS) }
    this.#listener({ kind: 'open' })
  }

  /** Gives the line up when it has been silent for too long, and else looks again. */
  #listenFor(socket: WebSocket, waitMs: number): CancelTimer {
    const { clock } = this.#options
    return clock.after(waitMs, () => {
      if (this.#state.kind !== 'open' || this.#state.socket !== socket) return
      const leftMs = this.#state.heardAtMs + SILENCE_MS - clock.nowMs()
      if (leftMs > 0) this.#state.cancel = this.#listenFor(socket, leftMs)
      else this.#lost(socket, `silent for ${SILENCE_MS / 1000} s`)
    })
  }

  #arrived(socket: WebSocket, data: unknown): void {
    if (this.#state.kind !== 'open' || this.#state.socket !== socket) return
    this.#state.heardAtMs = this.#options.clock.nowMs()
    if (data instanceof ArrayBuffer) {
      const frame = new Uint8Array(data)
      this.#received = { ...this.#received, binary: this.#received.binary + frame.byteLength }
      this.#listener({ kind: 'frame', frame })
      return
    }
    const text = String(data)
    const sizeBytes = utf8Length(text)
    this.#received = { ...this.#received, text: this.#received.text + sizeBytes }
    const parsed = parse(text)
    if (parsed.kind === 'garbled') {
      this.#listener(parsed)
      return
    }
    const { message } = parsed
    if (message.type === 'welcome') this.#failures = 0
    if (message.type === 'error' && message.fatal) this.close()
    this.#listener({ kind: 'message', message, sizeBytes })
  }

  #lost(socket: WebSocket, reason: string): void {
    const before = this.#state
    if (before.kind !== 'open' && before.kind !== 'connecting') return
    if (before.socket !== socket) return
    before.cancel()
    socket.close()
    const { clock, random } = this.#options
    const retryInMs = retryDelayMs(RETRY, this.#failures, random)
    this.#failures += 1
    const cancel = clock.after(retryInMs, () => {
      this.#state = this.#connect()
    })
    this.#state = { kind: 'waiting', cancel }
    this.#listener({ kind: 'down', retryInMs, reason })
  }
}

/** WebSocket.OPEN, which a constructor that is passed in need not have. */
const OPEN = 1

function parse(
  text: string,
): { kind: 'message'; message: CoordinatorMessage } | { kind: 'garbled'; detail: string } {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    return { kind: 'garbled', detail: String(error).slice(0, MAX_DETAIL_LENGTH) }
  }
  const checked = coordinatorMessage.safeParse(json)
  if (checked.success) return { kind: 'message', message: checked.data }
  const [first] = checked.error.issues
  const detail = first ? `${first.path.join('.')}: ${first.message}` : checked.error.message
  return { kind: 'garbled', detail: detail.slice(0, MAX_DETAIL_LENGTH) }
}

const utf8 = new TextEncoder()

function utf8Length(text: string): number {
  return utf8.encode(text).length
}
