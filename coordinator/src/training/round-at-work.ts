import type { MessageOf, CoordinatorMessage } from '@quorate/shared/protocol/messages'
import { weightFault } from '@quorate/shared/methods/ballot-weights'
import type { WeightFault } from '@quorate/shared/methods/ballot-weights'
import type { VectorForm } from '@quorate/shared/methods/method'
import type { MethodSettings } from '@quorate/shared/methods/settings'
import { MAX_GROUP } from '@quorate/shared/run/settings'
import {
  groupOf,
  isCounted,
  openRound,
  outcomeOf,
  pieceAt,
  transition,
  withholding,
} from '@quorate/shared/round/round'
import type { Round, RoundEvent, RoundPlan, RefusalCode } from '@quorate/shared/round/round'
import { blockCount, sliceRanges } from '@quorate/shared/tally/slices'
import type { Slice } from '@quorate/shared/tally/slices'
import { signWordCount } from '@quorate/shared/sign/pack'
import { sumVectors } from '@quorate/shared/methods/sum-vectors'
import { recomposed } from '@quorate/shared/tally/count'
import { decodeAudit, decodeSignedTally, digestOfTally } from '@quorate/shared/wire/audit'
import type { SignedTally } from '@quorate/shared/wire/audit'
import { decodeBallot, decodeProvenBallot } from '@quorate/shared/wire/ballot'
import type { ProvenBallot } from '@quorate/shared/wire/ballot'
import { FrameError, HEADER_BYTES } from '@quorate/shared/wire/frame'
import type { Frame } from '@quorate/shared/wire/frame'
import type { LedgerRecord } from '@quorate/shared/wire/record'
import { decodeVector } from '@quorate/shared/wire/vector'
import { judge } from './audit-judge.ts'
import type { Fault } from './audit-judge.ts'
import { BallotBox } from './ballot-box.ts'
import type { SignRoom } from './sign-room.ts'

export type RoundRecord = Exclude<LedgerRecord, { kind: 'calibration' }>

/** What a round may tell a contributor while it is open. */
export type RoundMessage = MessageOf<CoordinatorMessage, 'excuse' | 'resend' | 'recall'>

export type FrameAnswer =
  | { readonly kind: 'kept' }
  /** Harmless: too late, or seen already. */
  | { readonly kind: 'dropped'; readonly code: RefusalCode }
  /** Costs its sender a strike. */
  | { readonly kind: 'offence'; readonly code: string; readonly detail: string }

/** What a round must know of the run's model and method. */
export interface RoundShape {
  readonly d: number
  readonly block: number
  readonly tensors: readonly { readonly offset: number; readonly size: number }[]
  readonly seed: number
  /** Of contributions, for methods that sum floats; else null: they cast ballots. */
  readonly form: VectorForm | null
  /** Where the signs of ballots are put. */
  readonly room: SignRoom
  /** The run's id, under which ballots are signed. */
  readonly run: string
  /** The public keys of those in groups, as they were told to the others. */
  readonly keyOf: (contributor: number) => Uint8Array | null
}

/** One attempt while it is open: the state machine, what has come, and bytes as they came in. */
export class RoundAtWork {
  readonly plan: RoundPlan
  readonly openedAtMs: number
  readonly learningRate: number
  readonly slices: readonly Slice[]
  tallyBytes = 0
  ballotBytes = 0
  lastTallyAtMs: number
  #round: Round
  readonly #box: BallotBox
  readonly #shape: RoundShape
  readonly #method: MethodSettings
  readonly #units: Uint8Array | null
  readonly #late = new Set<number>()
  /** Everybody has waited for their reports until the tally deadline. */
  #withheld: ReadonlySet<number> = new Set()
  readonly #tell: (to: readonly number[], message: RoundMessage) => void
  readonly #closed: () => void

  constructor(
    opening: {
      plan: RoundPlan
      openedAtMs: number
      learningRate: number
      method: MethodSettings
      units: Uint8Array | null
    },
    shape: RoundShape,
    out: { tell: (to: readonly number[], message: RoundMessage) => void; closed: () => void },
  ) {
    const { plan, method, units } = opening
    this.plan = plan
    this.openedAtMs = opening.openedAtMs
    this.lastTallyAtMs = opening.openedAtMs
    this.learningRate = opening.learningRate
    this.slices = sliceRanges(shape.d, shape.block, plan.sliceCount)
    this.#round = openRound(plan)
    this.#box = new BallotBox({ ...shape, slices: this.slices })
    this.#shape = shape
    this.#method = method
    this.#units = units
    this.#tell = out.tell
    this.#closed = out.closed
  }

  has(contributor: number): boolean {
    return groupOf(this.plan, contributor) >= 0
  }

  /** It was asked for a ballot, and neither left nor abstained, or was too late. */
  owed(contributor: number): boolean {
    return !this.#round.excused.has(contributor) || this.#late.has(contributor)
  }

  /** It was asked for a ballot and has said nothing at all, nor left. */
  silent(contributor: number): boolean {
    return !this.#round.excused.has(contributor)
  }

  /** It was to report on a slice of its group, and let the others wait for it until the deadline. */
  withheld(contributor: number): boolean {
    return this.#withheld.has(contributor)
  }

  tick(nowMs: number): void {
    const isDue = nowMs >= this.plan.talliesUntilMs && nowMs < this.plan.auditsUntilMs
    if (isDue) this.#withheld = withholding(this.#round)
    this.#handle({ kind: 'tick' }, nowMs)
  }
  abstained(contributor: number, nowMs: number): void {
    this.#handle({ kind: 'abstained', contributor }, nowMs)
  }
  /** Its ballot was not ready in time: nobody waits for it, and it has missed the round. */
  late(contributor: number, nowMs: number): void {
    this.#late.add(contributor)
    this.#handle({ kind: 'abstained', contributor }, nowMs)
  }
  left(contributor: number, nowMs: number): void {
    this.#handle({ kind: 'left', contributor }, nowMs)
  }

  /** A ballot slice or tally of this attempt. */
  frame(from: number, frame: Frame, nowMs: number): FrameAnswer {
    const slice = this.slices[frame.header.slice]
    if (!slice)
      return offence('FRAME_SLICE', `slice ${frame.header.slice} of ${this.slices.length}`)
    if (!this.has(from)) return offence('NOT_IN_ROSTER', 'you are not in this round')
    try {
      return this.#contribution(from, slice, frame, nowMs)
    } catch (error) {
      if (error instanceof FrameError) return offence(error.code, error.message)
      throw error
    }
  }

  /**
   * Counted contributions that came here: in place of their owner, or because a group of one has
   * no other.
   */
  cameHere(): { relayed: number; alone: number } {
    const came = { relayed: 0, alone: 0 }
    for (const { groups } of outcomeOf(this.#round)) {
      groups.forEach(({ direct }, at) => {
        const alone = this.plan.groups[at]?.members.length === 1
        came[alone ? 'alone' : 'relayed'] += direct.length
      })
    }
    return came
  }

  /** What counts, after the close, and what was found out by counting again; asked for once. */
  result(): {
    record: RoundRecord
    outcome: ReturnType<typeof outcomeOf>
    faults: readonly Fault[]
  } {
    const outcome = outcomeOf(this.#round)
    const { learningRate } = this
    const { d, block, tensors, form } = this.#shape
    if (form) {
      const shape = { d, tensors, precision: 'float32' } as const
      const vectors = sumVectors(this.#box.vectors(outcome), shape)
      return { outcome, record: { kind: 'vectors', learningRate, vectors }, faults: [] }
    }
    // Before they are merged, after which the signs of ballots are used for others.
    const faults = this.#faults()
    const tally = this.#box.merge(outcome, { d, block })
    return { outcome, record: { kind: 'round', learningRate, tally }, faults }
  }

  #faults(): Fault[] {
    const { round, attempt, groups, sliceCount } = this.plan
    const { run, keyOf } = this.#shape
    const at = { run, round, attempt, slices: sliceCount, keyOf }
    return groups.flatMap(({ owners, auditors }, group) =>
      owners.flatMap((owner, slice) => {
        const piece = pieceAt(this.#round, group, slice)
        const auditor = auditors[slice]
        if (piece.kind !== 'direct' || !piece.recount || auditor === undefined) return []
        const { direct, recount } = piece
        const ballots = direct.map((voter) => [voter, this.#ballotOf(voter, slice)] as const)
        const one = {
          ...{ slice, owner, auditor, ballots: new Map(ballots) },
          tallyOfOwner: this.#box.tally(owner, slice),
          tallyOfAuditor: this.#box.tally(auditor, slice),
          audited: recount.audit?.digest ?? null,
        }
        return judge(one, at)
      }),
    )
  }

  #ballotOf(contributor: number, slice: number): ProvenBallot {
    const kept = this.#box.ballot(contributor, slice)
    if (!kept) throw new Error(`the ballot of ${contributor} in slice ${slice} is not kept`)
    return kept
  }

  /** Owner and auditor name different voters: do they agree on the sums of those they share? */
  #agrees(group: number, slice: number): boolean {
    const piece = pieceAt(this.#round, group, slice)
    if (piece.kind !== 'tallied' || !piece.audit) return false
    const { voters, audit, by } = piece
    const of = (those: readonly number[], others: readonly number[]) =>
      those
        .filter((voter) => !others.includes(voter))
        .map((voter) => this.#ballotOf(voter, slice).ballot)
    const less = of(voters, audit.voters)
    const more = of(audit.voters, voters)
    const { tally } = this.#box.tally(by, slice) as SignedTally
    return digestOfTally(recomposed(tally, { less, more })) === audit.digest
  }

  #contribution(from: number, slice: Slice, { header, payload }: Frame, nowMs: number) {
    const { form } = this.#shape
    if (form !== null) {
      return header.kind === 'vector'
        ? this.#vector(from, payload, { form, nowMs })
        : offence('FRAME_KIND', `a ${header.kind} in a method that sums vectors`)
    }
    if (header.kind === 'tally') return this.#tally(from, slice, payload, nowMs)
    if (header.kind === 'audit') return this.#audit(from, slice, payload, nowMs)
    if (header.kind === 'ballot') return this.#ballot(from, slice, payload, nowMs)
    return offence('FRAME_KIND', `a ${header.kind} in a method that votes`)
  }

  #vector(from: number, payload: Uint8Array, at: { form: VectorForm; nowMs: number }): FrameAnswer {
    // Before it is read: to repeat oneself costs no strike.
    if (this.#box.hasVector(from)) return { kind: 'dropped', code: 'DUPLICATE' }
    const { seed: runSeed, d } = this.#shape
    const vector = decodeVector(payload, at.form, { runSeed, round: this.plan.round, d })
    return this.#take({ kind: 'ballot', from, slice: 0 }, at.nowMs, () => {
      this.#arrived(payload, at.nowMs)
      this.#box.keepVector({ contributor: from, vector })
    })
  }

  #tally(from: number, slice: Slice, payload: Uint8Array, nowMs: number): FrameAnswer {
    const { block } = this.#shape
    const { sliceCount: slices } = this.plan
    const signed = decodeSignedTally(payload, { slice, block, maxVoters: MAX_GROUP, slices })
    const { tally, digest } = signed
    const rows = tally.weights ?? (tally.voters.length > 0 ? [null] : [])
    for (const row of rows) {
      const fault = this.#weightFault(slice, row)
      if (fault) return offence(`TALLY_${fault}`, `slice ${slice.index}: ${weightRules[fault]}`)
    }
    const event = { kind: 'tally', from, slice: slice.index, voters: tally.voters, digest } as const
    return this.#take(event, nowMs, () => {
      this.#reported(payload, nowMs)
      this.#box.keepTally(from, signed)
    })
  }

  #audit(from: number, slice: Slice, payload: Uint8Array, nowMs: number): FrameAnswer {
    const members = this.plan.groups[groupOf(this.plan, from)]?.members ?? []
    const report = decodeAudit(payload, members)
    const event = { kind: 'audit', from, slice: slice.index, ...report } as const
    return this.#take(event, nowMs, () => this.#reported(payload, nowMs))
  }

  #reported(payload: Uint8Array, nowMs: number): void {
    this.tallyBytes += payload.length + HEADER_BYTES
    this.lastTallyAtMs = nowMs
  }

  #ballot(from: number, slice: Slice, payload: Uint8Array, nowMs: number): FrameAnswer {
    const { block, room } = this.#shape
    const words = room.take(signWordCount(slice.end - slice.start))
    const expect = { slice, block, contributor: from }
    const { sliceCount: slices } = this.plan
    const isAlone = this.plan.groups[groupOf(this.plan, from)]?.members.length === 1
    const proven = isAlone ? null : decodeProvenBallot(payload, { ...expect, slices }, words)
    const ballot = proven?.ballot ?? decodeBallot(payload, expect, words)
    const fault = this.#weightFault(slice, ballot.weights)
    if (fault) return offence(`BALLOT_${fault}`, `slice ${slice.index}: ${weightRules[fault]}`)
    const event = { kind: 'ballot', from, slice: slice.index } as const
    return this.#take(event, nowMs, () => {
      this.#arrived(payload, nowMs)
      if (!proven || isCounted(this.#round, event)) this.#box.countBallot(slice.index, ballot)
      else this.#box.keepBallot(slice.index, proven)
    })
  }

  #arrived(payload: Uint8Array, nowMs: number): void {
    this.ballotBytes += payload.length + HEADER_BYTES
    this.lastTallyAtMs = nowMs
  }

  #weightFault(slice: Slice, row: Uint8Array | null): WeightFault | null {
    const first = slice.start / this.#shape.block
    const blocks = blockCount(slice.end - slice.start, this.#shape.block)
    const units = this.#units?.subarray(first, first + blocks) ?? null
    return weightFault(this.#method, row, units)
  }

  #take(event: RoundEvent, nowMs: number, keep: () => void): FrameAnswer {
    const refused = this.#handle(event, nowMs, keep)
    if (!refused) return { kind: 'kept' }
    if (refused === 'LATE' || refused === 'DUPLICATE') return { kind: 'dropped', code: refused }
    return offence(refused, refusals[refused])
  }

  #handle(event: RoundEvent, nowMs: number, keep?: () => void): RefusalCode | null {
    const { round, effects } = transition(this.#round, event, nowMs)
    this.#round = round
    const at = { round: this.plan.round, attempt: this.plan.attempt }
    let refused: RefusalCode | null = null
    for (const effect of effects) {
      switch (effect.kind) {
        case 'keep':
          keep?.()
          break
        case 'refuse':
          refused = effect.code
          break
        case 'excuse':
          this.#tell(effect.to, {
            type: 'excuse',
            ...at,
            contributor: effect.contributor,
            slice: effect.slice,
          })
          break
        case 'resend':
          this.#tell(effect.to, { type: 'resend', ...at, slice: effect.slice })
          break
        case 'recall':
          this.#tell(effect.to, { type: 'recall', ...at, slice: effect.slice })
          break
        case 'compare': {
          const { group, slice } = effect
          const agree = this.#agrees(group, slice)
          this.#handle({ kind: 'compared', group, slice, agree }, nowMs)
          break
        }
        case 'close':
          this.#closed()
      }
    }
    return refused
  }
}

const weightRules: Readonly<Record<WeightFault, string>> = {
  WITHOUT_WEIGHTS: 'this method votes with weights',
  WITH_WEIGHTS: 'in this method every vote weighs the same',
  OVER_BUDGET: 'the weights exceed the loudness budget',
}

const refusals: Readonly<Record<RefusalCode, string>> = {
  NOT_IN_ROSTER: 'you are not in this round',
  NOT_OWNER: 'this slice has another owner',
  NOT_AUDITOR: 'this slice has another auditor',
  SLICE_UNKNOWN: 'there is no such slice',
  VOTERS_NOT_IN_GROUP: 'the tally names voters of another group',
  DUPLICATE: 'this came before',
  LATE: 'the round has closed',
}

function offence(code: string, detail: string): FrameAnswer {
  return { kind: 'offence', code, detail }
}
