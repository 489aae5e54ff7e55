/**
 * The rounds of one run, from opening to verdict: read `#open`, `#close` and `#decide` in this order.
 * Contributors' messages come in through `members.ts`.
 */
import type { FeedMessage, RoundMetrics, RunView } from '@quorate/shared/api/api'
import type { Clock } from '@quorate/shared/clock/clock'
import { learningRateAt } from '@quorate/shared/methods/schedule'
import type { Verdict } from '@quorate/shared/methods/method'
import type { CoordinatorMessage } from '@quorate/shared/protocol/messages'
import type { RunState } from '@quorate/shared/run/state'
import { deadlinesFor } from '@quorate/shared/round/deadlines'
import { encodeRecord } from '@quorate/shared/wire/record'
import type { LedgerRecord } from '@quorate/shared/wire/record'
import { encodeVerdict } from '@quorate/shared/wire/verdict'
import type { Frame } from '@quorate/shared/wire/frame'
import { Calibration } from './calibration.ts'
import type { Contributor } from './contributor.ts'
import { SLOW_READER_BYTES } from './contributor.ts'
import type { Checkpoints } from './checkpoints.ts'
import type { EventLog } from './event-log.ts'
import { LEASE_MS } from './lease-book.ts'
import type { LeaseBook } from './lease-book.ts'
import { openingMessages, planRound, sharesOf } from './opening.ts'
import type { Participant } from './opening.ts'
import type { Evaluator, Ledger, Store, StoredRun } from './ports.ts'
import type { Roster } from './roster.ts'
import { RoundAtWork } from './round-at-work.ts'
import type { FrameAnswer } from './round-at-work.ts'
import type { RoundBook } from './round-book.ts'
import type { RunModel } from './run-model.ts'

/** Attempt numbers are reserved on disk in batches, so that none is used twice across restarts. */
const ATTEMPT_BATCH = 1000
/** After an attempt that nobody could be counted in, the next one waits this long. */
const VOID_PAUSE_MS = 500
/** A digest of the coordinator's replica is kept at every tenth round. */
export const DIGEST_EVERY = 10

type Phase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'resting'; readonly cancel: () => void }
  | { readonly kind: 'calibrating'; readonly work: Calibration }
  | { readonly kind: 'round'; readonly work: RoundAtWork; readonly cancel: () => void }
  /** Between the close and the verdict being on disk. */
  | { readonly kind: 'deciding' }

export interface RunParts {
  readonly stored: StoredRun
  readonly model: RunModel
  readonly roster: Roster
  readonly leases: LeaseBook
  readonly ledger: Ledger
  readonly checkpoints: Checkpoints
  readonly book: RoundBook
  readonly events: EventLog
  readonly store: Store
  readonly evaluator: Evaluator
  readonly clock: Clock
  readonly emit: (message: FeedMessage) => void
  /** Reads model, method state and units back from checkpoint and ledger, after a failed write. */
  readonly reload: () => Promise<void>
}

export class RunDriver {
  readonly parts: RunParts
  #state: RunState
  #startedAtMs: number | null
  #phase: Phase = { kind: 'idle' }
  #attempt: number
  #reserved: number
  #reserving = false
  #groups: readonly (readonly number[])[] = []
  #attemptsThisRound = 0
  /** Set by a failed write: memory is ahead of the disk. */
  #mustReload = false
  #closed = false

  constructor(parts: RunParts) {
    this.parts = parts
    this.#attempt = parts.stored.attemptsReserved
    this.#reserved = parts.stored.attemptsReserved
    this.#startedAtMs = parts.stored.startedAtMs
    this.#state = afterRestart(parts.stored.state)
  }

  get id(): string {
    return this.parts.stored.id
  }
  get state(): RunState {
    return this.#state
  }
  /** A round or the opening phase is possible: started, neither paused nor finished. */
  get running(): boolean {
    return ['waiting', 'calibrating', 'training'].includes(this.#state.kind)
  }
  /** The attempt that frames may belong to now, or the last one. */
  get attempt(): number {
    return this.#attempt
  }

  view(): RunView {
    const { stored, model, roster, book } = this.parts
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
      createdAtMs: stored.createdAtMs,
      startedAtMs: this.#startedAtMs,
      roundMs,
      timeLeftMs: roundMs !== null && this.#state.kind === 'training' ? roundMs * left : null,
      digest: book.latestDigest(),
    }
  }

  // ---- what the operator does

  start(): void {
    this.#startedAtMs ??= this.parts.clock.nowMs()
    this.#setState({ kind: 'waiting', need: this.parts.stored.settings.minVoters, have: 0 })
    this.proceed()
  }

  pause(by: 'operator' | 'fault', reason: string): void {
    this.#abandon()
    this.#setState({ kind: 'paused', by, reason })
    this.parts.events.add(
      by === 'fault' ? 'error' : 'info',
      'paused',
      reason,
      this.parts.model.round,
    )
  }

  async resume(): Promise<void> {
    if (this.#mustReload) {
      await this.parts.reload()
      this.#mustReload = false
    }
    this.parts.events.add('info', 'resumed', 'Training goes on.', this.parts.model.round)
    this.start()
  }

  finish(why: 'rounds' | 'target' | 'stopped'): void {
    this.#abandon()
    this.#setState({ kind: 'finished', why })
    const round = this.parts.model.round
    this.parts.events.add('info', 'finished', `Finished after ${round} rounds.`, round)
    void this.parts.checkpoints.make(this.parts.model)
    this.#evaluate()
  }

  /** Ends timers; a round at work is forgotten, as by a kill. */
  close(): void {
    this.#closed = true
    this.#cancelTimers()
    this.#phase = { kind: 'idle' }
  }

  // ---- what contributors do

  /** Opens the next round when everything for it is there; called after anything that may allow it. */
  proceed(): void {
    if (this.#phase.kind !== 'idle' || !this.running || this.#closed) return
    const participants = this.#participants()
    const need = this.parts.stored.settings.minVoters
    if (participants.length < need) {
      this.#setState({ kind: 'waiting', need, have: participants.length })
      return
    }
    if (!this.#attemptAvailable()) return
    if (this.parts.model.needsCalibration) this.#calibrate(participants)
    else this.#open(participants)
  }

  /** The contributor takes no part any more: gone, paused, or without data. */
  left(contributor: Contributor): void {
    const nowMs = this.parts.clock.nowMs()
    if (this.#phase.kind === 'round') this.#phase.work.left(contributor.number, nowMs)
    if (this.#phase.kind === 'calibrating') this.#phase.work.left(contributor.number)
  }

  abstained(contributor: Contributor, at: { round: number; attempt: number }): void {
    if (this.#phase.kind === 'calibrating' && at.attempt === this.#attempt) {
      this.#phase.work.left(contributor.number)
    }
    if (this.#phase.kind !== 'round' || this.#phase.work.plan.attempt !== at.attempt) return
    this.#phase.work.abstained(contributor.number, this.parts.clock.nowMs())
  }

  loudness(contributor: Contributor, attempt: number, value: number): void {
    if (this.#phase.kind !== 'calibrating' || attempt !== this.#attempt) return
    this.#phase.work.report(contributor.number, value)
  }

  /** A ballot slice or tally; the run's number is checked. */
  frame(contributor: Contributor, frame: Frame): FrameAnswer {
    const { attempt } = frame.header
    if (this.#phase.kind === 'round' && attempt === this.#phase.work.plan.attempt) {
      return this.#phase.work.frame(contributor.number, frame, this.parts.clock.nowMs())
    }
    if (attempt <= this.#attempt && attempt >= this.#attempt - 1) {
      if (frame.header.kind === 'ballot') contributor.lateBallots += 1
      return { kind: 'dropped', code: 'LATE' }
    }
    const detail = `attempt ${attempt} is not open; the last one was ${this.#attempt}`
    return { kind: 'offence', code: 'ATTEMPT_NOT_OPEN', detail }
  }

  // ---- one round

  /** Shares out the data anew where somebody came or left; never while a round is open. */
  settleLeases(): void {
    if (this.#phase.kind !== 'idle' && this.#phase.kind !== 'resting') return
    const { leases, roster, clock } = this.parts
    const nowMs = clock.nowMs()
    for (const { number } of roster.ready())
      if (!leases.holds(number)) leases.add(number, [], nowMs)
    const { changed, expired } = leases.settle(nowMs)
    for (const number of expired) roster.get(number)?.send(noLease)
    for (const number of changed) this.sendLease(number)
  }

  #participants(): Participant[] {
    this.settleLeases()
    return this.parts.roster
      .ready()
      .map((contributor) => ({ contributor, shards: this.#shardsDrawn(contributor) }))
      .filter(({ shards }) => shards > 0)
  }

  /** h_n: leased shards, in fractions, of which at least one chunk is loaded. */
  #shardsDrawn(contributor: Contributor): number {
    return this.parts.leases
      .parts(contributor.number)
      .filter(({ chunks }) => chunks.some((chunk) => contributor.loaded.has(chunk)))
      .reduce((sum, { fraction }) => sum + fraction, 0)
  }

  sendLease(number: number): void {
    const contributor = this.parts.roster.get(number)
    const lease = this.parts.leases.lease(number)
    if (!contributor || !lease) return
    const chunks = new Set(lease.parts.flatMap((part) => part.chunks.map(({ digest }) => digest)))
    for (const chunk of contributor.loaded.keys()) {
      if (!chunks.has(chunk)) contributor.loaded.delete(chunk)
    }
    if (contributor.status === 'waiting' && lease.parts.length > 0) contributor.status = 'joining'
    if (contributor.status === 'joining' && lease.parts.length === 0) contributor.status = 'waiting'
    contributor.send({ type: 'lease', ...lease, expiresInMs: LEASE_MS })
    this.remember(contributor)
  }

  /** Keeps what a restart must know of a contributor. */
  remember(contributor: Contributor): void {
    const { store, stored, leases, events } = this.parts
    const { number, id, name, tokenHash, joinedAtMs, lastSeenMs, banned } = contributor
    const { roundsCounted, roundsMissed } = contributor
    const shards = leases.parts(number).map(({ shard, chunks }) => ({ shard, chunks }))
    const row = { number, id, name, tokenHash, joinedAtMs, lastSeenMs, banned }
    store
      .saveContributor(stored.id, { ...row, shards, roundsCounted, roundsMissed })
      .catch((error: unknown) => {
        events.add('error', 'contributor-not-saved', detailOf(error), null, name)
      })
  }

  #calibrate(participants: readonly Participant[]): void {
    const { settings } = this.parts.stored
    const { clock, book } = this.parts
    this.#setState({ kind: 'calibrating' })
    const attempt = this.#nextAttempt()
    const deadlines = deadlinesFor(book.exchangesMs(), settings.ballotDeadlineMs)
    const shares = sharesOf(participants)
    const work = new Calibration(
      participants.map(({ contributor }) => contributor.number),
      {
        clock,
        deadlineMs: deadlines.roundMs,
        done: (reports) => this.#calibrated(attempt, reports),
      },
    )
    this.#phase = { kind: 'calibrating', work }
    participants.forEach(({ contributor }, at) =>
      contributor.send({
        type: 'calibrate',
        attempt,
        loaded: contributor.loadedSequence,
        share: shares[at] ?? 1,
        deadlineMs: Math.round(deadlines.roundMs),
      }),
    )
  }

  #calibrated(attempt: number, reports: readonly number[]): void {
    if (reports.length < this.parts.stored.settings.minVoters) return this.#again()
    this.#phase = { kind: 'deciding' }
    this.#watch(this.#record(attempt, { kind: 'calibration', reports }, [false]))
  }

  #open(participants: readonly Participant[]): void {
    const { stored, model, clock, book, roster } = this.parts
    const { settings } = stored
    this.#setState({ kind: 'training' })
    const nowMs = clock.nowMs()
    const deadlines = deadlinesFor(book.exchangesMs(), settings.ballotDeadlineMs)
    const at = { round: model.round, attempt: this.#nextAttempt(), nowMs }
    const inputs = { participants, previousGroups: this.#groups, d: model.d, deadlines }
    const plan = planRound(at, settings, inputs)
    this.#groups = plan.groups.map((group) => group.members)
    const learningRate = learningRateAt(settings, model.round)
    const { method, block, d, units } = model
    const work = new RoundAtWork(
      { plan, openedAtMs: nowMs, learningRate, method: settings.method, units },
      { d, block, weighted: method.weighted },
      {
        tell: (to, message) => to.forEach((number) => roster.get(number)?.send(message)),
        closed: () => this.#close(),
      },
    )
    const tick = () => work.tick(clock.nowMs())
    const timers = [deadlines.ballotsMs, deadlines.talliesMs, deadlines.roundMs].map((afterMs) =>
      clock.after(afterMs, tick),
    )
    this.#phase = { kind: 'round', work, cancel: () => timers.forEach((cancel) => cancel()) }
    const peerOf = (number: number) => roster.get(number)?.peer?.id ?? null
    const messages = openingMessages(plan, { participants, learningRate, deadlines, peerOf })
    participants.forEach(({ contributor }, i) => {
      const message = messages[i]
      if (message) contributor.send(message)
    })
  }

  #close(): void {
    if (this.#phase.kind !== 'round') return
    const { work, cancel } = this.#phase
    cancel()
    const { tally, outcome } = work.result()
    const valid = outcome.map((slice) => slice.valid)
    this.#attemptsThisRound += 1
    if (!valid.includes(true)) {
      this.#settle(work, null)
      this.parts.events.add(
        'warn',
        'round-void',
        `Round ${work.plan.round} had too few voters.`,
        work.plan.round,
      )
      return this.#again()
    }
    this.#phase = { kind: 'deciding' }
    const record: LedgerRecord = { kind: 'round', learningRate: work.learningRate, tally }
    const closedAtMs = this.parts.clock.nowMs()
    this.#watch(
      this.#record(work.plan.attempt, record, valid, work).then((frame) => {
        if (!frame) return
        const counted = outcome.map(({ voters, valid: counts }) => (counts ? voters : []))
        this.#settle(work, counted)
        this.#account(work, { counted, closedAtMs, verdictBytes: frame.length })
        this.#afterRound(work.openedAtMs)
      }),
    )
  }

  /** Decides, appends to the ledger, and only then sends the verdict; null where the disk failed. */
  async #record(
    attempt: number,
    record: LedgerRecord,
    valid: readonly boolean[],
    work?: RoundAtWork,
  ): Promise<Uint8Array | null> {
    const { model, stored, ledger, roster } = this.parts
    const round = model.round
    const verdict: Verdict = model.decide(record, valid)
    const shape = { run: stored.number, d: model.d, block: model.block }
    const frame = encodeVerdict(shape, { round, attempt }, verdict)
    try {
      await ledger.append({ round, attempt, frame, record: encodeRecord(record) })
    } catch (error) {
      this.#mustReload = true
      if (work) this.#settle(work, null)
      this.#phase = { kind: 'idle' }
      this.pause('fault', `The ledger could not be written: ${detailOf(error)}`)
      return null
    }
    model.advance(verdict)
    for (const contributor of roster.present()) this.#sendVerdict(contributor, frame)
    if (record.kind === 'calibration') {
      this.#phase = { kind: 'idle' }
      this.proceed()
    }
    return frame
  }

  #sendVerdict(contributor: Contributor, frame: Uint8Array): void {
    const { connection } = contributor
    if (!connection) return
    if (connection.queuedBytes > SLOW_READER_BYTES) connection.close(4008, 'too slow: catch up')
    else connection.sendFrame(frame)
  }

  /** Tells every participant which slices of its ballot counted; null: the attempt is void. */
  #settle(work: RoundAtWork, counted: readonly (readonly number[])[] | null): void {
    const { roster, leases, clock, stored } = this.parts
    const { round, attempt, groups } = work.plan
    for (const number of groups.flatMap((group) => group.members)) {
      const contributor = roster.get(number)
      if (!contributor) continue
      const slices = counted?.map((voters) => voters.includes(number)) ?? null
      contributor.send({ type: 'settled', round, attempt, counted: slices })
      if (!slices) continue
      const any = slices.includes(true)
      if (any) {
        contributor.roundsCounted += 1
        leases.renew(number, clock.nowMs())
      } else if (!work.excused(number)) contributor.roundsMissed += 1
      if (any || !work.excused(number)) contributor.adaptBatch(any, stored.settings.batch)
    }
  }

  #account(
    work: RoundAtWork,
    result: { counted: readonly (readonly number[])[]; closedAtMs: number; verdictBytes: number },
  ): void {
    const { book, model, clock, emit, events, stored } = this.parts
    const metrics: RoundMetrics = book.roundDecided(work, {
      ...result,
      attempts: this.#attemptsThisRound,
      nowMs: clock.nowMs(),
      model: { block: model.block, weighted: model.method.weighted },
    })
    this.#attemptsThisRound = 0
    emit({ type: 'round', run: stored.id, metrics })
    const absent = metrics.expected - metrics.voters
    if (absent > 0) {
      events.add(
        'info',
        'absent',
        `${absent} of ${metrics.expected} were not counted.`,
        metrics.round,
      )
    }
  }

  #afterRound(openedAtMs: number): void {
    const { model, stored, clock, checkpoints, book } = this.parts
    const { settings } = stored
    if (model.round % DIGEST_EVERY === 0) book.keepDigest(model.round, model.digest())
    if (checkpoints.due(model.round)) void checkpoints.make(model)
    this.#phase = { kind: 'idle' }
    if (!this.running) return
    if (model.round >= settings.rounds) return this.finish('rounds')
    if (model.round % settings.evaluateEvery === 0) this.#evaluate()
    const restMs = Math.max(0, openedAtMs + settings.minRoundMs - clock.nowMs())
    if (restMs === 0) return this.proceed()
    this.#rest(restMs)
  }

  #rest(restMs: number): void {
    const cancel = this.parts.clock.after(restMs, () => {
      this.#phase = { kind: 'idle' }
      this.proceed()
    })
    this.#phase = { kind: 'resting', cancel }
  }

  #again(): void {
    this.#phase = { kind: 'idle' }
    if (this.running) this.#rest(VOID_PAUSE_MS)
  }

  /** Follows behind the round: nothing waits for it. */
  #evaluate(): void {
    const { model, stored, evaluator, book, emit, events } = this.parts
    const round = model.round
    const { targetAccuracy, dataSet } = stored.settings
    const parameters = model.parameters.slice()
    evaluator.evaluate({ dataSet, model: stored.settings.model, parameters }).then(
      (value) => {
        if (!value || this.#closed) return
        book.evaluated(round, value)
        emit({ type: 'evaluation', run: stored.id, round, ...value })
        const reached = targetAccuracy !== null && value.accuracy >= targetAccuracy
        if (reached && this.running) this.finish('target')
      },
      (error: unknown) => events.add('error', 'evaluation-failed', detailOf(error), round),
    )
  }

  /** Whether a number is left that the disk knows as used; reserves more in good time. */
  #attemptAvailable(): boolean {
    if (this.#attempt + ATTEMPT_BATCH / 2 >= this.#reserved && !this.#reserving) {
      this.#reserving = true
      const { store, stored } = this.parts
      const upTo = this.#reserved + ATTEMPT_BATCH
      store.reserveAttempts(stored.id, upTo).then(
        () => {
          this.#reserved = upTo
          this.#reserving = false
          this.proceed()
        },
        (error: unknown) => {
          this.#reserving = false
          this.pause('fault', `Attempts could not be reserved: ${detailOf(error)}`)
        },
      )
    }
    return this.#attempt + 1 < this.#reserved
  }

  #nextAttempt(): number {
    this.#attempt += 1
    return this.#attempt
  }

  /** Forgets the round at work; its ballots settle as void. */
  #abandon(): void {
    const phase = this.#phase
    this.#cancelTimers()
    if (phase.kind === 'round') this.#settle(phase.work, null)
    if (phase.kind !== 'deciding') this.#phase = { kind: 'idle' }
  }

  #cancelTimers(): void {
    if (this.#phase.kind === 'round' || this.#phase.kind === 'resting') this.#phase.cancel()
    if (this.#phase.kind === 'calibrating') this.#phase.work.cancel()
  }

  #setState(state: RunState): void {
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return
    this.#state = state
    const { store, stored, roster, events, book } = this.parts
    if (state.kind !== 'training') book.interrupted()
    for (const contributor of roster.present()) contributor.send({ type: 'state', state })
    this.parts.emit({ type: 'runs', runs: [this.view()] })
    store
      .saveRunState(stored.id, state, this.#startedAtMs)
      .catch((error: unknown) => events.add('error', 'state-not-saved', detailOf(error), null))
  }

  /** A bug in deciding must not end in silence: the run pauses and says why. */
  #watch(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.#mustReload = true
      this.#phase = { kind: 'idle' }
      this.pause('fault', `The round could not be decided: ${detailOf(error)}`)
    })
  }
}

const noLease: CoordinatorMessage = { type: 'lease', version: 0, parts: [], expiresInMs: 0 }

function afterRestart(state: RunState): RunState {
  const running = state.kind === 'calibrating' || state.kind === 'training'
  return running ? { kind: 'waiting', need: 1, have: 0 } : state
}

function detailOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
