import type { CancelTimer, Clock } from '@quorate/shared/clock/clock'
import { coordinatorMessage } from '@quorate/shared/protocol/messages'
import type { ContributorMessage } from '@quorate/shared/protocol/messages'
import type { Generator } from '@quorate/shared/random/generator'
import type { Connection } from '@quorate/coordinator/training/ports'
import type { ContributorSocket, TrainingService } from '@quorate/coordinator/training/service'
import type { Link, LinkEvent } from '@quorate/client/session/ports'

/** What a WebSocket through one process needs: seeded delays, and a server that may be away. */
export interface MemoryWire {
  readonly clock: Clock
  readonly random: Generator
  /** Time a message takes, uniform between the two; the order is kept. */
  readonly delayMs: readonly [number, number]
  /** The coordinator now; null while it is down. */
  readonly coordinator: () => TrainingService | null
}

const RETRY_MS = 500

/** The coordinator's socket in one process, with the same ends as the real one. */
export class MemoryLink implements Link {
  readonly #wire: MemoryWire
  #listener: (event: LinkEvent) => void = () => {}
  #socket: ContributorSocket | null = null
  #up: CancelTimer = () => {}
  #lastUpMs = 0
  #lastDownMs = 0
  #closed = false
  #rests = false
  /** As the wire's, and a test may change it. */
  delayMs: readonly [number, number]
  /** Bytes that the coordinator believes unread; a test may change it. */
  queuedBytes = 0
  readonly bytesSent = { text: 0, binary: 0 }

  constructor(wire: MemoryWire) {
    this.#wire = wire
    this.delayMs = wire.delayMs
    this.#connectIn(0)
  }

  listen(listener: (event: LinkEvent) => void): void {
    this.#listener = listener
  }

  send(message: ContributorMessage): boolean {
    const text = JSON.stringify(message)
    this.bytesSent.text += text.length
    return this.#carryUp((socket) => socket.text(text))
  }

  sendFrame(frame: Uint8Array): boolean {
    const copy = frame.slice()
    this.bytesSent.binary += copy.length
    return this.#carryUp((socket) => socket.frame(copy))
  }

  /** Calls `ear` with everything that arrives, before the session has it. */
  overhear(ear: (event: LinkEvent) => void): void {
    const listener = this.#listener
    this.#listener = (event) => {
      ear(event)
      listener(event)
    }
  }

  /** Bytes that no well-behaved contributor sends. */
  sendGarbage(bytes: Uint8Array | string): void {
    this.#carryUp((socket) =>
      typeof bytes === 'string' ? socket.text(bytes) : socket.frame(bytes),
    )
  }

  close(): void {
    if (this.#closed) return
    const socket = this.#socket
    this.#carryUp((of) => of.closed(true))
    this.#closed = true
    this.#up()
    if (socket === this.#socket) this.#socket = null
  }

  rest(): void {
    if (this.#closed) return
    this.#carryUp((of) => of.closed(true))
    this.#up()
    this.#socket = null
    this.#rests = true
  }

  wake(): void {
    this.#rests = false
    if (!this.#closed && !this.#socket) this.#connectIn(0)
  }

  /** The network or the other end is gone, without a word. */
  cut(): void {
    const socket = this.#socket
    this.#socket = null
    socket?.closed(false)
    if (this.#closed || this.#rests) return
    this.#listener({ kind: 'down', retryInMs: RETRY_MS, reason: 'cut' })
    this.#connectIn(RETRY_MS)
  }

  /** The machine sleeps: the server gives the connection up, and the page hears of it when it wakes. */
  sleep(forMs: number): void {
    const socket = this.#socket
    this.#socket = null
    socket?.closed(false)
    this.#up = this.#wire.clock.after(forMs, () => this.cut())
  }

  /** The browser is gone, without a word to either side, and nobody comes back. */
  vanish(): void {
    const socket = this.#socket
    this.#socket = null
    this.#closed = true
    this.#up()
    socket?.closed(false)
  }

  #connectIn(delayMs: number): void {
    this.#up = this.#wire.clock.after(delayMs, () => {
      const coordinator = this.#wire.coordinator()
      if (!coordinator) return this.#connectIn(RETRY_MS)
      const socket: ContributorSocket = coordinator.accept(this.#connection(() => socket))
      this.#socket = socket
      this.#listener({ kind: 'open' })
    })
  }

  #connection(self: () => ContributorSocket): Connection {
    const down = (deliver: () => void) => {
      const atMs = Math.max(this.#wire.clock.nowMs() + this.#delay(), this.#lastDownMs)
      this.#lastDownMs = atMs
      this.#wire.clock.after(atMs - this.#wire.clock.nowMs(), () => {
        if (this.#socket === self() && !this.#closed) deliver()
      })
    }
    const queued = () => this.queuedBytes
    return {
      address: '127.0.0.1',
      get queuedBytes() {
        return queued()
      },
      send: (text) =>
        down(() => {
          const message = coordinatorMessage.parse(JSON.parse(text))
          this.#listener({ kind: 'message', message, sizeBytes: text.length })
        }),
      sendTurn: (shared, own) => {
        const frame = Uint8Array.of(...(shared ?? []), ...(own ?? []))
        down(() => this.#listener({ kind: 'frame', frame }))
      },
      close: () =>
        down(() => {
          this.cut()
        }),
    }
  }

  #carryUp(deliver: (socket: ContributorSocket) => void): boolean {
    const socket = this.#socket
    if (!socket || this.#closed) return false
    const { clock } = this.#wire
    const atMs = Math.max(clock.nowMs() + this.#delay(), this.#lastUpMs)
    this.#lastUpMs = atMs
    clock.after(atMs - clock.nowMs(), () => {
      if (this.#socket === socket || this.#closed) deliver(socket)
    })
    return true
  }

  #delay(): number {
    const [least, most] = this.delayMs
    return least + this.#wire.random.uniform() * (most - least)
  }
}
