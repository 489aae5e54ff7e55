import type { EventView, FeedMessage } from '@quorate/shared/api/api'
import type { Clock } from '@quorate/shared/clock/clock'
import type { Log, Store } from './ports.ts'

/** The run's story for the operator: kept in the database, sent to the pages, and logged. */
export class EventLog {
  readonly #run: string
  readonly #parts: {
    store: Store
    clock: Clock
    log: Log
    emit: (message: FeedMessage) => void
  }

  constructor(
    run: string,
    parts: { store: Store; clock: Clock; log: Log; emit: (message: FeedMessage) => void },
  ) {
    this.#run = run
    this.#parts = parts
  }

  add(
    level: EventView['level'],
    code: string,
    text: string,
    round: number | null,
    contributor: string | null = null,
  ): void {
    const { store, clock, log, emit } = this.#parts
    const event: EventView = { atMs: clock.nowMs(), level, code, text, round, contributor }
    log[level]({ run: this.#run, code, round, contributor }, text)
    emit({ type: 'event', run: this.#run, event })
    store.appendEvent(this.#run, event).catch((error: unknown) => {
      log.error({ run: this.#run, error: String(error) }, 'an event could not be kept')
    })
  }
}
