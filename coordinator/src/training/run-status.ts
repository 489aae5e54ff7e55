import { detailOf } from '@quorate/shared/failure/detail'
import type { FeedMessage, RunView } from '@quorate/shared/api/api'
import type { Clock } from '@quorate/shared/clock/clock'
import { placesOf } from '@quorate/shared/run/capacity'
import type { RunState } from '@quorate/shared/run/state'
import type { EventLog } from './event-log.ts'
import type { Invite } from './invite.ts'
import type { Store, StoredRun } from './ports.ts'
import type { Roster } from './roster.ts'
import type { RoundBook } from './round-book.ts'
import type { RunModel } from './run-model.ts'

interface StatusParts {
  readonly stored: StoredRun
  readonly model: RunModel
  readonly roster: Roster
  readonly book: RoundBook
  readonly events: EventLog
  readonly invite: Invite
  readonly store: Store
  readonly clock: Clock
  readonly emit: (message: FeedMessage) => void
}

/** What everyone may see of a run; a change is told to contributors and pages, and kept. */
export class RunStatus {
  readonly #parts: StatusParts
  #state: RunState
  #startedAtMs: number | null

  constructor(parts: StatusParts) {
    this.#parts = parts
    this.#state = afterRestart(parts.stored.state)
    this.#startedAtMs = parts.stored.startedAtMs
  }

  get state(): RunState {
    return this.#state
  }
  /** A round or the opening phase is possible: started, neither paused nor finished. */
  get running(): boolean {
    return ['waiting', 'calibrating', 'training'].includes(this.#state.kind)
  }

  /** The run begins, or goes on. */
  start(): void {
    this.#startedAtMs ??= this.#parts.clock.nowMs()
    this.set({ kind: 'waiting', need: this.#parts.stored.settings.minVoters, have: 0 })
  }

  /** `kept`: what the next start finds, where that is another. */
  set(state: RunState, kept: RunState = state): void {
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return
    this.#state = state
    const { store, stored, roster, events, book } = this.#parts
    if (state.kind !== 'training') book.interrupted()
    roster.tell({ type: 'state', state })
    this.#parts.emit({ type: 'runs', runs: [this.view()] })
    store
      .saveRunState(stored.id, kept, this.#startedAtMs)
      .catch((error: unknown) => events.add('error', 'state-not-saved', detailOf(error), null))
  }

  view(): RunView {
    const { stored, model, roster, book, invite } = this.#parts
    const roundMs = book.medianRoundMs()
    const left = stored.settings.rounds - model.round
    return {
      id: stored.id,
      number: stored.number,
      settings: stored.settings,
      state: this.#state,
      d: model.d,
      round: model.round,
      ...book.latestEvaluation(),
      contributors: roster.present().length,
      ready: roster.ready().length,
      places: placesOf(stored.settings.method, model.d),
      inviteOnly: invite.code !== null,
      createdAtMs: stored.createdAtMs,
      startedAtMs: this.#startedAtMs,
      roundMs,
      timeLeftMs: roundMs !== null && this.#state.kind === 'training' ? roundMs * left : null,
      digest: book.latestDigest(),
    }
  }
}

function afterRestart(state: RunState): RunState {
  const running = state.kind === 'calibrating' || state.kind === 'training'
  return running ? { kind: 'waiting', need: 1, have: 0 } : state
}
