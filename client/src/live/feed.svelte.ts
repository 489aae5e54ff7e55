import {
  feedMessage,
  type ContributorView,
  type EventView,
  type FeedMessage,
  type RunView,
} from '@quorate/shared/api/api'
import { api, sentenceOf } from './api.ts'
import { emptyHistory, withChanges, type History, type HistoryChange } from './history.ts'

export type FeedConnection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'open' }
  | { readonly kind: 'lost'; readonly retryAtMs: number }

/** What is known of the run that is followed; null where it has not arrived yet. */
export interface Followed {
  readonly run: string
  readonly history: History
  readonly contributors: readonly ContributorView[] | null
  /** Newest first. */
  readonly events: readonly EventView[]
  /** Why the past could not be loaded, as a sentence. */
  readonly problem: string | null
}

const FIRST_RETRY_MS = 500
const LAST_RETRY_MS = 15_000
/** Messages of one such span make one change of the page. */
const GATHER_MS = 500
const MAX_EVENTS = 500

/** The coordinator's live feed; opens with `open`, comes back by itself until `close`. */
export class Feed {
  connection = $state.raw<FeedConnection>({ kind: 'connecting' })
  /** null until the first answer. After a loss, what was last known. */
  runs = $state.raw<readonly RunView[] | null>(null)
  followed = $state.raw<Followed | null>(null)

  readonly #withEvents: boolean
  #socket: WebSocket | null = null
  #failures = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #gathered: FeedMessage[] = []
  #gathering: ReturnType<typeof setTimeout> | undefined
  #closed = false

  /** Past events are for a signed-in operator alone. */
  constructor(options: { events: boolean }) {
    this.#withEvents = options.events
  }

  /** Does nothing where it is open already; opens again after `close`. */
  open(): void {
    if (this.#socket && this.#socket.readyState <= WebSocket.OPEN) return
    this.#closed = false
    const scheme = location.protocol === 'https:' ? 'wss' : 'ws'
    const socket = new WebSocket(`${scheme}://${location.host}/ws?feed`)
    this.#socket = socket
    socket.addEventListener('open', () => {
      if (this.#socket !== socket) return
      this.#failures = 0
      this.connection = { kind: 'open' }
      if (this.followed) this.#ask(this.followed.run)
    })
    socket.addEventListener('message', ({ data }) => this.#read(data))
    socket.addEventListener('close', () => {
      if (!this.#closed && this.#socket === socket) this.#retryLater()
    })
  }

  /** Follows `run` closely from now on, and no other; null follows none. */
  follow(run: string | null): void {
    if (this.followed?.run === run) return
    if (run === null) {
      this.followed = null
      return
    }
    this.followed = { run, history: emptyHistory, contributors: null, events: [], problem: null }
    if (this.connection.kind === 'open') this.#ask(run)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    clearTimeout(this.#gathering)
    this.#socket?.close(1000)
    this.#socket = null
  }

  /** Takes a run's newest view from an answer of the API, ahead of the feed. */
  learn(run: RunView): void {
    const others = (this.runs ?? []).filter(({ id }) => id !== run.id)
    this.runs = [...others, run].sort((a, b) => b.createdAtMs - a.createdAtMs)
  }

  forget(run: string): void {
    this.runs = this.runs?.filter(({ id }) => id !== run) ?? null
    if (this.followed?.run === run) this.followed = null
  }

  #ask(run: string): void {
    this.#socket?.send(JSON.stringify({ type: 'follow', run }))
    void this.#loadPast(run)
  }

  async #loadPast(run: string): Promise<void> {
    try {
      const [rounds, contributors, events] = await Promise.all([
        api.metrics(run),
        api.contributors(run),
        this.#withEvents ? api.events(run) : [],
      ])
      const now = this.followed
      if (now?.run !== run) return
      const past = rounds.map((metrics): HistoryChange => ({ kind: 'round', metrics }))
      const history = withChanges(now.history, past)
      const newestFirst = [...events].sort((a, b) => b.atMs - a.atMs)
      this.followed = { ...now, history, contributors, events: newestFirst, problem: null }
    } catch (error) {
      if (this.followed?.run !== run) return
      this.followed = { ...this.followed, problem: sentenceOf(error) }
    }
  }

  #read(data: unknown): void {
    const parsed = feedMessage.safeParse(typeof data === 'string' ? json(data) : null)
    if (!parsed.success) {
      console.warn('the live feed sent something unknown', parsed.error.issues)
      return
    }
    this.#gathered.push(parsed.data)
    this.#gathering ??= setTimeout(() => this.#workIn(), this.runs === null ? 0 : GATHER_MS)
  }

  #workIn(): void {
    this.#gathering = undefined
    const messages = this.#gathered
    this.#gathered = []
    let followed = this.followed
    const changes: HistoryChange[] = []
    for (const message of messages) {
      if (message.type === 'runs') {
        this.runs = message.runs
        continue
      }
      if (!followed || message.run !== followed.run) continue
      switch (message.type) {
        case 'round':
          changes.push({ kind: 'round', metrics: message.metrics })
          break
        case 'evaluation': {
          const { round, accuracy, loss } = message
          changes.push({ kind: 'evaluation', point: { round, accuracy, loss } })
          break
        }
        case 'contributors':
          followed = { ...followed, contributors: message.contributors }
          break
        case 'event':
          followed = {
            ...followed,
            events: [message.event, ...followed.events].slice(0, MAX_EVENTS),
          }
      }
    }
    if (followed && changes.length > 0) {
      followed = { ...followed, history: withChanges(followed.history, changes) }
    }
    this.followed = followed
  }

  #retryLater(): void {
    const span = Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#failures)
    this.#failures += 1
    const waitMs = span * (0.5 + Math.random() / 2)
    this.connection = { kind: 'lost', retryAtMs: Date.now() + waitMs }
    this.#retry = setTimeout(() => {
      this.connection = { kind: 'connecting' }
      this.open()
    }, waitMs)
  }
}

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
