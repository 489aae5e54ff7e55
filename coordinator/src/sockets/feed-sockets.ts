import type { FeedMessage } from '@quorate/shared/api/api'
import { feedRequest } from '@quorate/shared/api/api'
import type { Clock } from '@quorate/shared/clock/clock'
import type { WebSocket } from 'ws'
import { Bucket } from '../training/bucket.ts'
import type { BucketSize } from '../training/bucket.ts'
import type { TrainingService } from '../training/service.ts'
import { bytesOf } from './contributor-sockets.ts'
import { keepAlive } from './keep-alive.ts'

/** Largest request of a page. */
export const MAX_REQUEST_BYTES = 4096
/** A page that has this much waiting misses messages; newer ones replace them. */
const MAX_QUEUED_BYTES = 1024 * 1024
const MAX_BAD_REQUESTS = 10
/** A page follows another run when somebody clicks. */
const REQUESTS: BucketSize = { most: 60, perSecond: 6 }

interface Page {
  /** The run that it follows, if any. */
  run: string | null
  /** Signed in as the operator: sees events too. */
  operator: boolean
}

/** The live feed of all dashboards: one subscription, each message written once. */
export class Feed {
  readonly #training: TrainingService
  readonly #clock: Clock
  readonly #unsubscribe: () => void
  readonly #pages = new Map<WebSocket, Page>()

  constructor(training: TrainingService, clock: Clock) {
    this.#training = training
    this.#clock = clock
    this.#unsubscribe = training.subscribe((message) => this.#broadcast(message))
  }

  /** `isOperator`: whether the page is the signed-in operator's. */
  serve(socket: WebSocket, isOperator: Promise<boolean>): void {
    const page: Page = { run: null, operator: false }
    this.#pages.set(socket, page)
    isOperator.then(
      (yes) => {
        page.operator = yes
      },
      () => socket.close(1011, 'internal error'),
    )
    socket.once('close', () => this.#pages.delete(socket))
    socket.on('error', () => {}) // ws closes the socket by itself; a page that failed is just gone
    keepAlive(socket, this.#clock)
    let badRequests = 0
    const requests = new Bucket(REQUESTS, this.#clock.nowMs())
    socket.on('message', (data, isBinary) => {
      if (!requests.take(1, this.#clock.nowMs())) return socket.close(1008, 'too many requests')
      const run = isBinary ? null : followedRun(Buffer.from(bytesOf(data)).toString())
      if (run !== null) this.#follow(socket, page, run)
      else if (++badRequests >= MAX_BAD_REQUESTS) socket.close(1008, 'not a request')
    })
    send(socket, JSON.stringify({ type: 'runs', runs: this.#training.runs() }))
  }

  close(): void {
    this.#unsubscribe()
    this.#pages.clear()
  }

  #follow(socket: WebSocket, page: Page, run: string): void {
    page.run = run
    if (!this.#training.runs().some(({ id }) => id === run)) return
    const contributors = this.#training.contributors(run)
    send(socket, JSON.stringify({ type: 'contributors', run, contributors }))
  }

  #broadcast(message: FeedMessage): void {
    let text: string | null = null
    for (const [socket, page] of this.#pages) {
      if (message.type !== 'runs' && message.run !== page.run) continue
      if (message.type === 'event' && !page.operator) continue
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
