import type { FeedMessage } from '@quorate/shared/api/api'
import { feedRequest } from '@quorate/shared/api/api'
import type { Clock } from '@quorate/shared/clock/clock'
import type { WebSocket } from 'ws'
import type { TrainingService } from '../training/service.ts'
import { bytesOf } from './contributor-sockets.ts'
import { keepAlive } from './keep-alive.ts'

/** Largest request of a page. */
export const MAX_REQUEST_BYTES = 4096
/** A page that has this much waiting misses messages; newer ones replace them. */
const MAX_QUEUED_BYTES = 1024 * 1024
const MAX_BAD_REQUESTS = 10

/** The live feed of all dashboards: one subscription, each message written once. */
export class Feed {
  readonly #training: TrainingService
  readonly #clock: Clock
  readonly #unsubscribe: () => void
  /** The run that each page follows, if any. */
  readonly #pages = new Map<WebSocket, string | null>()

  constructor(training: TrainingService, clock: Clock) {
    this.#training = training
    this.#clock = clock
    this.#unsubscribe = training.subscribe((message) => this.#broadcast(message))
  }

  serve(socket: WebSocket): void {
    this.#pages.set(socket, null)
    socket.once('close', () => this.#pages.delete(socket))
    socket.on('error', () => {}) // ws closes the socket by itself; a page that failed is just gone
    keepAlive(socket, this.#clock)
    let badRequests = 0
    socket.on('message', (data, isBinary) => {
      const run = isBinary ? null : followedRun(Buffer.from(bytesOf(data)).toString())
      if (run !== null) this.#follow(socket, run)
      else if (++badRequests >= MAX_BAD_REQUESTS) socket.close(1008, 'not a request')
    })
    send(socket, JSON.stringify({ type: 'runs', runs: this.#training.runs() }))
  }

  close(): void {
    this.#unsubscribe()
    this.#pages.clear()
  }

  #follow(socket: WebSocket, run: string): void {
    this.#pages.set(socket, run)
    if (!this.#training.runs().some(({ id }) => id === run)) return
    const contributors = this.#training.contributors(run)
    send(socket, JSON.stringify({ type: 'contributors', run, contributors }))
  }

  #broadcast(message: FeedMessage): void {
    let text: string | null = null
    for (const [socket, followed] of this.#pages) {
      if (message.type !== 'runs' && message.run !== followed) continue
      text ??= JSON.stringify(message)
      send(socket, text)
    }
  }
}

function send(socket: WebSocket, text: string): void {
  if (socket.readyState !== socket.OPEN || socket.bufferedAmount > MAX_QUEUED_BYTES) return
  socket.send(text)
}

function followedRun(text: string): string | null {
  try {
    const parsed = feedRequest.safeParse(JSON.parse(text))
    return parsed.success ? parsed.data.run : null
  } catch {
    return null
  }
}
