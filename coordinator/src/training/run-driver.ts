/**
 * The rounds of one run, from opening to verdict: read `proceed`, `#open`, `#close`, `#record` and
 * `#decided` in this order.
 * Contributors' messages come in through `members.ts`.
 */
import { detailOf } from '@quorate/shared/failure/detail'
import type { FeedMessage, RunView } from '@quorate/shared/api/api'
import type { Clock } from '@quorate/shared/clock/clock'
import { learningRateAt } from '@quorate/shared/methods/schedule'
import type { Verdict } from '@quorate/shared/methods/method'
import type { ContributorMessage, MessageOf } from '@quorate/shared/protocol/messages'
import type { RunState } from '@quorate/shared/run/state'
import { deadlinesFor } from '@quorate/shared/round/deadlines'
import { encodeRecord } from '@quorate/shared/wire/record'
import type { LedgerRecord } from '@quorate/shared/wire/record'
import { encodeVerdict } from '@quorate/shared/wire/verdict'
import { splitFrames } from '@quorate/shared/wire/frame'
import type { Frame } from '@quorate/shared/wire/frame'
import type { Opening, Settled } from '@quorate/shared/wire/turn'
import { followUp } from './aftermath.ts'
import { Attempts } from './attempts.ts'
import type { Fault } from './audit-judge.ts'
import { Calibration } from './calibration.ts'
import type { Contributor } from './contributor.ts'
import type { Checkpoints } from './checkpoints.ts'
import type { Lack } from './disk-keeper.ts'
import { Evaluations } from './evaluations.ts'
import type { EventLog } from './event-log.ts'
import { faultCodeOf } from './fault-code.ts'
import type { Invite } from './invite.ts'
import { Leasing } from './leasing.ts'
import type { LeaseBook } from './lease-book.ts'
import { logNotFinite, NotFinite } from './not-finite.ts'
import type { NotFiniteCount } from './not-finite.ts'
import { openingsOf, planRound, sharesOf } from './opening.ts'
import type { Participant } from './opening.ts'
import { isNoRoom } from './no-room.ts'
import type { Entropy, Evaluator, Ledger, Store, StoredRun } from './ports.ts'
import type { Roster } from './roster.ts'
import { RoundAtWork } from './round-at-work.ts'
import type { FrameAnswer } from './round-at-work.ts'
import type { RoundBook } from './round-book.ts'
import type { RunModel } from './run-model.ts'
import { RunStatus } from './run-status.ts'
import { logResting, settleRound } from './settle-round.ts'
import type { SettledRound } from './settle-round.ts'
import { secretChance } from './secret-chance.ts'
import { SignRoom } from './sign-room.ts'
import { leaveOutSlow } from './slow-readers.ts'
import { sendTurns } from './turns.ts'
import type { Turns } from './turns.ts'

/** After an attempt that nobody could be counted in, the next one waits this long. */
const VOID_PAUSE_MS = 500
/**
 * Frames of so many attempts back may be honest ones that were long on their way: rounds that no
 * longer wait for somebody can follow each other within milliseconds.
 */
const RECENT_ATTEMPTS = 256
/** What everyone sees of a run that is held. */
const LACKS: Record<Lack, string> = {
  DISK_FULL: 'The disk of the server is full (DISK_FULL). Training goes on when there is room.',
  DISK_LIMIT:
    'The server keeps as much as it may (DISK_LIMIT). Training goes on when there is room.',
}
const DIVERGED = 'The model has diverged: the learning rate is too large for this method and model.'
type Phase =
  | { readonly kind: 'idle' }
  | { readonly kind: 'resting'; readonly cancel: () => void }
  | { readonly kind: 'calibrating'; readonly work: Calibration }
  | { readonly kind: 'round'; readonly work: RoundAtWork; readonly cancel: () => void }
  /** Between the close and the verdict being on disk. */
  | { readonly kind: 'deciding' }

/** A verdict that is on disk. */
interface Decided {
  readonly verdict: Verdict
  readonly frame: Uint8Array
}

interface DecidedRound extends Decided {
  /** By slice, who was counted. */
  readonly counted: readonly ReadonlySet<number>[]
  readonly closedAtMs: number
  readonly notFinite: NotFiniteCount
}

interface WriteFault {
  /** The round whose entry may be on disk or not. */
  readonly round: number
  /** Settles its ballots, once that is known. */
  readonly settle: (decided: boolean) => Pick<SettledRound, 'settled'>
}

export interface RunParts {
  readonly stored: StoredRun
  readonly model: RunModel
  readonly roster: Roster
  readonly leases: LeaseBook
  readonly ledger: Ledger
  readonly checkpoints: Checkpoints
  readonly book: RoundBook
  readonly events: EventLog
  readonly invite: Invite
  readonly store: Store
  readonly evaluator: Evaluator
  readonly clock: Clock
  readonly entropy: Entropy
  readonly emit: (message: FeedMessage) => void
  /** A write failed for want of room: the run is held until there is some. */
  readonly roomLacks: () => void
  /** Reads model, method state and units back from checkpoint and ledger, after a failed write. */
  readonly reload: () => Promise<void>
}

export class RunDriver {
  readonly parts: RunParts
  readonly leasing: Leasing
  readonly #status: RunStatus
  readonly #evaluations: Evaluations
  #phase: Phase = { kind: 'idle' }
  readonly #attempts: Attempts
  #groups: readonly (readonly number[])[] = []
  #attemptsThisRound = 0
  readonly #notFinite = new NotFinite()
  readonly #room = new SignRoom()
  readonly #chance: (n: number) => number
  #blame: (fault: Fault) => void = () => {}
  /** Since the last round was accounted for; some come while none is open. */
  #lateBallots = 0
  /** Set by a failed write: memory is ahead of the disk, and the disk knows what was decided. */
  #mustReload: WriteFault | null = null
  #reloading: Promise<void> | null = null
  /** The last verdict that was, or is, on its way to the disk. */
  #decision: Promise<unknown> = Promise.resolve()
  /** Paused for want of room on the disk, and by nobody: it goes on by itself. */
  #held = false
  #closed = false

  constructor(parts: RunParts) {
    this.parts = parts
    this.leasing = new Leasing(parts)
    this.#chance = secretChance(parts.entropy)
    this.#attempts = new Attempts(parts.stored, parts.ledger.head?.attempt ?? 0, {
      store: parts.store,
      available: () => this.proceed(),
      exhausted: (error) => {
        if (this.running) this.#fault('Attempts could not be reserved', error)
      },
    })
    this.#status = new RunStatus(parts)
    this.#evaluations = new Evaluations(parts, () => {
      if (this.running) this.finish('target')
    })
  }

  get id(): string {
    return this.parts.stored.id
  }
  get state(): RunState {
    return this.#status.state
  }
  /** A round or the opening phase is possible: started, neither paused nor finished. */
  get running(): boolean {
    return this.#status.running
  }

  view(): RunView {
    return this.#status.view()
  }

  /** `tell` hears of every lie that is proven. */
  blamed(tell: (fault: Fault) => void): void {
    this.#blame = tell
  }

  // ---- what the operator does

  start(): void {
    this.#status.start()
    this.proceed()
  }

  pause(): void {
    const reason = 'Paused by the operator.'
    this.#pause('operator', { reason, event: reason })
  }

  /** `reason` is for everyone to see, `event` for the operator alone. */
  #pause(by: 'operator' | 'fault', { reason, event }: { reason: string; event: string }): void {
    this.#held = false
    this.#abandon()
    this.#status.set({ kind: 'paused', by, reason })
    const level = by === 'fault' ? 'error' : 'info'
    this.parts.events.add(level, 'paused', event, this.parts.model.round)
  }

  /** Until there is room on the disk; a start that comes first looks for itself. */
  hold(lack: Lack, detail: string | null = null): void {
    if (!this.running) return
    this.#abandon()
    const { events, model, stored } = this.parts
    const reason = LACKS[lack]
    this.#held = true
    const kept = { kind: 'waiting', need: stored.settings.minVoters, have: 0 } as const
    this.#status.set({ kind: 'paused', by: 'fault', reason }, kept)
    events.add('error', 'held', detail === null ? reason : `${reason} ${detail}`, model.round)
  }

  /** Saves the model as it is between two verdicts; not after a failed write, as it is ahead then. */
  async checkpointNow(): Promise<void> {
    while (this.#phase.kind === 'deciding') await this.#decision
    if (!this.#mustReload) await this.parts.checkpoints.remake(this.parts.model)
  }

  /** There is room again. */
  async release(): Promise<void> {
    if (this.#held) await this.resume()
  }

  async resume(): Promise<void> {
    await this.#reload()
    if (this.state.kind !== 'paused' || this.#closed) return
    this.#held = false
    this.parts.events.add('info', 'resumed', 'Training goes on.', this.parts.model.round)
    this.start()
  }

  /** After a failed write: back to what the disk has, which may be more than was known here. */
  #reload(): Promise<void> {
    const fault = this.#mustReload
    if (!fault) return Promise.resolve()
    this.#reloading ??= this.#readBack(fault).finally(() => {
      this.#reloading = null
    })
    return this.#reloading
  }

  async #readBack(fault: WriteFault): Promise<void> {
    const { ledger, model, reload } = this.parts
    await reload()
    // An entry that reached the disk in spite of the error is decided: everyone must have it.
    const frames = [...splitFrames(await ledger.frames(fault.round))]
    for (const frame of frames) this.#tell(frame, {})
    this.#tell(null, { settled: fault.settle(model.round > fault.round).settled })
    this.#mustReload = null
  }

  finish(why: 'rounds' | 'target' | 'stopped'): void {
    this.#abandon()
    this.#status.set({ kind: 'finished', why })
    const round = this.parts.model.round
    this.parts.events.add('info', 'finished', `Finished after ${round} rounds.`, round)
    // A verdict under way is awaited: until it is on disk the model's two halves differ.
    if (this.#phase.kind !== 'deciding') this.#wrapUp()
  }

  /** The last checkpoint and evaluation of a run that has finished. */
  #wrapUp(): void {
    const { events, checkpoints, model } = this.parts
    this.#reload()
      .then(() => {
        void checkpoints.make(model)
        this.#evaluations.evaluate()
      })
      .catch((error: unknown) => events.add('error', 'not-reloaded', detailOf(error), model.round))
  }

  /** Ends timers; a round at work is forgotten, as by a kill. */
  close(): void {
    this.#closed = true
    this.#evaluations.close()
    this.#cancelTimers()
    this.#phase = { kind: 'idle' }
  }

  // ---- what contributors do

  /** Opens the next round when everything for it is there; called after anything that may allow it. */
  proceed(): void {
    this.#guarded(() => this.#proceed())
  }

  #proceed(): void {
    if (this.#phase.kind !== 'idle' || !this.running || this.#closed) return
    // Killed between the last verdict and its announcement, a run wakes up with nothing to do.
    if (this.parts.model.round >= this.parts.stored.settings.rounds) return this.finish('rounds')
    this.leasing.settle()
    this.leasing.save()
    const participants = this.leasing.participants()
    const need = this.parts.stored.settings.minVoters
    if (participants.length < need) {
      this.#status.set({ kind: 'waiting', need, have: participants.length })
      return
    }
    this.#attempts.replenish()
    if (!this.#attempts.available) return
    if (this.parts.model.needsCalibration) this.#calibrate(participants)
    else this.#tell(null, { openings: this.#open(participants) })
  }

  /** The contributor takes no part any more: gone, paused, or without data. */
  left(contributor: Contributor): void {
    const nowMs = this.parts.clock.nowMs()
    if (this.#phase.kind === 'round') this.#phase.work.left(contributor.number, nowMs)
    if (this.#phase.kind === 'calibrating') this.#phase.work.left(contributor.number)
  }

  abstained(
    contributor: Contributor,
    { attempt, reason }: MessageOf<ContributorMessage, 'abstain'>,
  ): void {
    if (reason === 'late') this.#late(contributor, attempt)
    if (attempt !== this.#attempts.last) return
    const { number } = contributor
    if (this.#phase.kind === 'calibrating') this.#phase.work.left(number)
    if (this.#phase.kind !== 'round') return
    const nowMs = this.parts.clock.nowMs()
    if (reason === 'non-finite') this.#notFinite.add(number)
    if (reason === 'late') this.#phase.work.late(number, nowMs)
    else this.#phase.work.abstained(number, nowMs)
  }

  /** A ballot that comes too late is dropped, and counted with the round at work. */
  #late(contributor: Contributor, attempt: number): void {
    const recent = attempt <= this.#attempts.last && attempt > this.#attempts.last - RECENT_ATTEMPTS
    if (!this.running || !recent || !contributor.late(attempt)) return
    this.#lateBallots += 1
  }

  loudness(contributor: Contributor, attempt: number, value: number): void {
    if (this.#phase.kind !== 'calibrating' || attempt !== this.#attempts.last) return
    this.#phase.work.report(contributor.number, value)
  }

  /** A ballot slice or tally; the run's number is checked. */
  frame(contributor: Contributor, frame: Frame): FrameAnswer {
    const { attempt } = frame.header
    if (this.#phase.kind === 'round' && attempt === this.#phase.work.plan.attempt) {
      return this.#phase.work.frame(contributor.number, frame, this.parts.clock.nowMs())
    }
    if (attempt <= this.#attempts.last && attempt > this.#attempts.last - RECENT_ATTEMPTS) {
      if (!['tally', 'audit'].includes(frame.header.kind)) this.#late(contributor, attempt)
      return { kind: 'dropped', code: 'LATE' }
    }
    const detail = `attempt ${attempt} is not open; the last one was ${this.#attempts.last}`
    return { kind: 'offence', code: 'ATTEMPT_NOT_OPEN', detail }
  }

  // ---- one round

  /** Shares out the data anew where somebody came or left; never while a round is open. */
  settleLeases(): void {
    if (this.#closed || !['idle', 'resting'].includes(this.#phase.kind)) return
    this.#guarded(() => {
      this.leasing.settle()
      this.leasing.save()
    })
  }

  #calibrate(participants: readonly Participant[]): void {
    const { settings } = this.parts.stored
    const { clock, book } = this.parts
    this.#status.set({ kind: 'calibrating' })
    const attempt = this.#attempts.next()
    const deadlines = deadlinesFor(book.exchangesMs(), settings.ballotDeadlineMs)
    const shares = sharesOf(participants)
    const work = new Calibration(
      participants.map(({ contributor }) => contributor.number),
      {
        clock,
        deadlineMs: deadlines.roundMs,
        done: (reports) => this.#guarded(() => this.#calibrated(attempt, reports)),
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
    const record: LedgerRecord = { kind: 'calibration', reports }
    const nothing = () => ({ settled: new Map<number, Settled>() })
    this.#watch(
      this.#record(attempt, record, { valid: [false], settle: nothing }).then((decided) => {
        if (!decided) return
        this.parts.model.advance(decided.verdict)
        this.#phase = { kind: 'idle' }
        this.#tell(decided.frame, { openings: this.#openNext(0) })
        this.leasing.save()
        this.#goOn(0)
      }),
    )
  }

  /**
   * The openings of the round that follows at once on the one decided, which was opened at
   * `openedAtMs`; none where the run ends or rests here, or must wait for somebody.
   */
  #openNext(openedAtMs: number): ReadonlyMap<number, Opening> {
    const { stored, model, clock } = this.parts
    const { rounds, minRoundMs, minVoters } = stored.settings
    const due = model.round < rounds && clock.nowMs() >= openedAtMs + minRoundMs
    if (!this.running || !due || !this.#attempts.available) return new Map()
    this.leasing.settle()
    const participants = this.leasing.participants()
    return participants.length < minVoters ? new Map() : this.#open(participants)
  }

  /** Begins a round, and says what its participants are to be told. */
  #open(participants: readonly Participant[]): ReadonlyMap<number, Opening> {
    const { stored, model, clock, book, roster } = this.parts
    const { settings } = stored
    const nowMs = clock.nowMs()
    const deadlines = deadlinesFor(book.exchangesMs(), settings.ballotDeadlineMs)
    const at = { round: model.round, attempt: this.#attempts.next(), nowMs }
    const inputs = {
      ...{ participants, previousGroups: this.#groups, d: model.d, deadlines },
      chance: this.#chance,
    }
    const plan = planRound(at, settings, inputs)
    this.#groups = plan.groups.map((group) => group.members)
    this.#notFinite.opened()
    const learningRate = learningRateAt(settings, model.round)
    const keys = new Map(participants.map(({ contributor: { number, key } }) => [number, key]))
    const { block, d, units, tensors, seed, method } = model
    const work = new RoundAtWork(
      { plan, openedAtMs: nowMs, learningRate, method: settings.method, units },
      {
        d,
        block,
        tensors,
        seed,
        form: method.kind === 'vectors' ? method.form : null,
        room: this.#room,
        run: stored.id,
        keyOf: (number) => keys.get(number) ?? null,
      },
      {
        tell: (to, message) => to.forEach((number) => roster.get(number)?.send(message)),
        closed: () => this.#guarded(() => this.#close()),
      },
    )
    // A timer may fire a little early by the wall clock, which may also be set back.
    const { ballotsUntilMs, talliesUntilMs, auditsUntilMs, closesAtMs } = plan
    const timers = [ballotsUntilMs, talliesUntilMs, auditsUntilMs, closesAtMs].map((atMs) =>
      clock.after(atMs - nowMs, () =>
        this.#guarded(() => work.tick(Math.max(atMs, clock.nowMs()))),
      ),
    )
    this.#phase = { kind: 'round', work, cancel: () => timers.forEach((cancel) => cancel()) }
    const peerOf = (number: number) => roster.get(number)?.peer?.id ?? null
    const keyOf = (number: number) => keys.get(number) ?? null
    return openingsOf(plan, { participants, learningRate, deadlines, peerOf, keyOf })
  }

  /** One message a contributor: the verdict if there is one, and what stands between two rounds. */
  #tell(verdict: Uint8Array | null, { settled = new Map(), openings = new Map() }: Partial<Turns>) {
    const { roster, stored } = this.parts
    sendTurns({ roster, run: stored.number }, verdict, { settled, openings })
    if (openings.size > 0) this.#status.set({ kind: 'training' })
  }

  #close(): void {
    if (this.#phase.kind !== 'round') return
    const { work, cancel } = this.#phase
    cancel()
    const { record, outcome, faults } = work.result()
    const valid = outcome.map((slice) => slice.valid)
    this.#attemptsThisRound += 1
    const notFinite = this.#notFinite.closed(work.plan)
    if (!valid.includes(true)) {
      this.#void(work, notFinite)
      return this.#strike(faults)
    }
    this.#phase = { kind: 'deciding' }
    const counted = outcome.map(({ voters, valid: counts }) => new Set(counts ? voters : []))
    const closedAtMs = this.parts.clock.nowMs()
    const settle = (decided: boolean) =>
      settleRound(work, decided ? { kind: 'decided', counted } : { kind: 'abandoned' }, this.parts)
    this.#watch(
      this.#record(work.plan.attempt, record, { valid, settle }).then((decided) => {
        if (decided) this.#decided(work, { ...decided, counted, closedAtMs, notFinite })
      }),
    )
    this.#strike(faults)
  }

  /** After the round's own work, as it may exclude members. */
  #strike(faults: readonly Fault[]): void {
    for (const fault of faults) this.#blame(fault)
  }

  /** Nobody was counted: the round opens again. */
  #void(work: RoundAtWork, notFinite: NotFiniteCount): void {
    const { events } = this.parts
    const { round } = work.plan
    const ended = settleRound(work, { kind: 'void' }, this.parts)
    this.#tell(null, ended)
    logResting(round, ended, events)
    if (this.#attemptsThisRound === 1) {
      logNotFinite(round, notFinite, events)
      events.add('warn', 'round-void', `Round ${round} had too few voters.`, round)
    }
    if (notFinite.hopeless) {
      this.#evaluations.checkDiverged(() => {
        if (this.running) this.#pause('fault', { reason: DIVERGED, event: DIVERGED })
      })
    }
    this.#again()
  }

  /**
   * The verdict is on disk. Up to `#tell` there is arithmetic and nothing else: no file, no
   * database, no pass over the parameters; all of that follows behind.
   */
  #decided(
    work: RoundAtWork,
    { frame, verdict, counted, closedAtMs, notFinite }: DecidedRound,
  ): void {
    const { model, clock, book, roster } = this.parts
    const { openedAtMs } = work
    model.advance(verdict)
    const slow = leaveOutSlow(roster.present(), frame.length)
    const ended = settleRound(work, { kind: 'decided', counted }, this.parts)
    book.exchanged(work, counted)
    this.#phase = { kind: 'idle' }
    this.#tell(frame, { settled: ended.settled, openings: this.#openNext(openedAtMs) })
    followUp(
      work,
      {
        ...{ counted, closedAtMs, ended, notFinite, slow },
        sentAtMs: clock.nowMs(),
        verdictBytes: frame.length,
        attempts: this.#attemptsThisRound,
        lateBallots: this.#lateBallots,
      },
      { ...this.parts, leasing: this.leasing },
    )
    this.#attemptsThisRound = 0
    this.#lateBallots = 0
    this.#attempts.replenish()
    this.#goOn(openedAtMs)
  }

  /** Decides, and appends to the ledger: on disk when this resolves. null where the disk failed. */
  async #record(
    attempt: number,
    record: LedgerRecord,
    { valid, settle }: { valid: readonly boolean[]; settle: WriteFault['settle'] },
  ): Promise<Decided | null> {
    const { model, stored, ledger } = this.parts
    const { round } = model
    const shape = { run: stored.number, d: model.d, block: model.block }
    let decided: Decided
    try {
      const verdict = model.decide(record, valid)
      const frame = encodeVerdict(shape, { round, attempt }, verdict)
      decided = { verdict, frame }
      await ledger.append({ round, attempt, frame, record: encodeRecord(record) })
    } catch (error) {
      this.#mustReload = { round, settle }
      this.#fault('The verdict could not be recorded', error)
      return null
    }
    // The next start reads it from the ledger; whoever is still connected asks then.
    return this.#closed ? null : decided
  }

  /** What must not end in silence: the run pauses and says what failed; the event says why. */
  #fault(what: string, error: unknown): void {
    if (this.#closed) return
    this.#cancelTimers()
    this.#phase = { kind: 'idle' }
    const event = `${what}: ${detailOf(error)}`
    if (isNoRoom(error) && (this.running || this.#held)) {
      this.hold('DISK_FULL', event)
      return this.parts.roomLacks()
    }
    const reason = `${what} (${faultCodeOf(error)}).`
    if (this.state.kind !== 'finished') return this.#pause('fault', { reason, event })
    this.parts.events.add('error', 'fault', event, this.parts.model.round)
    this.#wrapUp()
  }

  /** After a verdict: to the end, or to the next opening where that did not come with it. */
  #goOn(openedAtMs: number): void {
    const { model, stored, clock } = this.parts
    const { rounds, evaluateEvery, minRoundMs } = stored.settings
    if (this.state.kind === 'finished') return this.#wrapUp()
    if (!this.running) return
    if (model.round >= rounds) return this.finish('rounds')
    if (model.round > 0 && model.round % evaluateEvery === 0) this.#evaluations.evaluate()
    if (this.#phase.kind !== 'idle') return
    const restMs = Math.max(0, openedAtMs + minRoundMs - clock.nowMs())
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

  /** Forgets the round at work; its ballots settle as void. */
  #abandon(): void {
    const phase = this.#phase
    this.#cancelTimers()
    if (phase.kind === 'round') {
      this.#tell(null, settleRound(phase.work, { kind: 'abandoned' }, this.parts))
    }
    if (phase.kind !== 'deciding') this.#phase = { kind: 'idle' }
  }

  #cancelTimers(): void {
    if (this.#phase.kind === 'round' || this.#phase.kind === 'resting') this.#phase.cancel()
    if (this.#phase.kind === 'calibrating') this.#phase.work.cancel()
  }

  #watch(work: Promise<unknown>): void {
    this.#decision = work.catch((error: unknown) => this.#bug(error))
  }

  /** For what timers and others' callbacks begin: nobody above them could tell what has failed. */
  #guarded(work: () => void): void {
    try {
      work()
    } catch (error) {
      this.#bug(error)
    }
  }

  /** A bug in the middle of a round: what is in memory is not to be trusted. */
  #bug(error: unknown): void {
    const open = this.#phase.kind === 'round' ? this.#phase.work : null
    const settle = () =>
      open ? settleRound(open, { kind: 'abandoned' }, this.parts) : { settled: new Map() }
    this.#mustReload ??= { round: this.parts.model.round, settle }
    this.#fault('The round could not be finished', error)
  }
}
