/**
 * One round's vote: the only place of the simulator that meets methods and encodings. Contributors
 * cast through their own trainer, ballots and floats travel as frames, and the coordinator's own round takes
 * them, refuses what it refuses, and decides.
 */
import type { Contributor } from '@quorate/coordinator/training/contributor'
import type { Participant } from '@quorate/coordinator/training/opening'
import { planRound, sharesOf } from '@quorate/coordinator/training/opening'
import { RoundAtWork } from '@quorate/coordinator/training/round-at-work'
import type { RunModel } from '@quorate/coordinator/training/run-model'
import { SignRoom } from '@quorate/coordinator/training/sign-room'
import type { BatchOrder, Payload, Trainer } from '@quorate/client/session/ports'
import { learningRateAt } from '@quorate/shared/methods/schedule'
import type { Ballot, Verdict } from '@quorate/shared/methods/method'
import type { RunSettings } from '@quorate/shared/run/settings'
import { cutBallot } from '@quorate/shared/tally/count'
import { encodeBallot } from '@quorate/shared/wire/ballot'
import { decodeFrame, encodeFrame } from '@quorate/shared/wire/frame'
import { decodeVector, encodeVector } from '@quorate/shared/wire/vector'
import { encodeVerdict } from '@quorate/shared/wire/verdict'
import type { AttackTerms } from './attack.ts'
import { gradientScale, lie, lieInFloats } from './attack.ts'
import type { Attack } from './settings.ts'

/** The run's number in frames. */
export const RUN = 1
/** The clock stands still: every round closes because everybody has answered. */
const NOW_MS = 0
const DEADLINES = { ballotsMs: 1, talliesMs: 2, roundMs: 3 }

/** One who votes in a round. */
export interface Voter extends Participant {
  readonly contributor: Contributor
  readonly trainer: Trainer
  readonly draws: BatchOrder['draws']
  /** How it lies; null for honest ones. */
  readonly attack: Attack | null
}

/** What a round came to, and what it cost. */
export interface VoteResult {
  /** The verdict's frame; null when nobody was counted. */
  readonly frame: Uint8Array | null
  readonly ballots: number
  /** Ballot frames sent, with those that were refused. */
  readonly ballotBytes: number
  /** Gradients that were not finite. */
  readonly abstained: number
  /** Why ballots were refused. */
  readonly refused: readonly string[]
}

/** The opening phase, for methods that have one: every voter reports its loudness. */
export async function calibrate(
  model: RunModel,
  settings: RunSettings,
  voters: readonly Voter[],
): Promise<Uint8Array | null> {
  const shares = sharesOf(voters)
  const reports: number[] = []
  for (const [at, voter] of voters.entries()) {
    const order = orderOf(voter, settings, { share: shares[at], attempt: 0 })
    const report = await voter.trainer.loudness(order)
    if (report !== null) reports.push(report)
  }
  if (reports.length === 0) return null
  return announce(model, model.decide({ kind: 'calibration', reports }, [false]), 0)
}

/** One attempt at the model's next round, from the opening to the settlement of every ballot. */
export async function vote(
  model: RunModel,
  settings: RunSettings,
  { voters, attempt }: { readonly voters: readonly Voter[]; readonly attempt: number },
): Promise<VoteResult> {
  const work = openRound(model, settings, { voters, attempt })
  const shares = sharesOf(voters)
  let ballotBytes = 0
  let ballots = 0
  const refused: string[] = []
  for (const [at, voter] of voters.entries()) {
    const { number } = voter.contributor
    const order = {
      ...orderOf(voter, settings, { share: shares[at], round: model.round, attempt }),
      attempt,
      learningRate: work.learningRate,
      slices: work.slices.length,
    }
    const result = await voter.trainer.cast(order)
    if (result.kind === 'abstain') {
      work.abstained(number, NOW_MS)
      continue
    }
    ballots += 1
    const said = sent(result.sent, voter, { model, work, settings })
    for (const frame of framesOf(said, work, { model, number })) {
      ballotBytes += frame.length
      const answer = work.frame(number, decodeFrame(frame), NOW_MS)
      if (answer.kind === 'kept') continue
      refused.push(answer.code)
      work.late(number, NOW_MS)
    }
  }
  const frame = await close(model, work, voters)
  return { frame, ballots, ballotBytes, abstained: voters.length - ballots, refused }
}

function openRound(
  model: RunModel,
  settings: RunSettings,
  { voters, attempt }: { readonly voters: readonly Voter[]; readonly attempt: number },
): RoundAtWork {
  const { d, block, units, round, tensors, seed, method } = model
  const at = { round, attempt, nowMs: NOW_MS }
  const inputs = {
    participants: voters,
    previousGroups: [],
    d,
    deadlines: DEADLINES,
    chance: () => 0,
  }
  const opening = {
    plan: planRound(at, settings, inputs),
    openedAtMs: NOW_MS,
    learningRate: learningRateAt(settings, round),
    method: settings.method,
    units,
  }
  const form = method.kind === 'vectors' ? method.form : null
  // Everybody is alone in a group: nothing is signed.
  const keyOf = () => null
  const shape = { d, block, tensors, seed, form, room: new SignRoom(), run: '', keyOf }
  return new RoundAtWork(opening, shape, { tell: () => {}, closed: () => {} })
}

function orderOf(
  { draws, attack, contributor }: Voter,
  { batch }: RunSettings,
  { share = 1, round = 0, attempt }: { share: number | undefined; round?: number; attempt: number },
): BatchOrder {
  const scale = attack ? gradientScale(attack, { attempt, contributor: contributor.number }) : 1
  return { round, batch, draws, share: share * scale }
}

/** What leaves: the honest contribution, or a lie in its place. */
function sent(
  honest: Ballot | Payload,
  { attack, contributor }: Voter,
  at: { model: RunModel; work: RoundAtWork; settings: RunSettings },
): Ballot | Payload {
  if (!attack) return honest
  const terms: AttackTerms = {
    method: at.settings.method,
    seed: at.settings.seed,
    attempt: at.work.plan.attempt,
    contributor: contributor.number,
    block: at.model.block,
    slices: at.work.slices,
    units: at.model.units,
  }
  if (honest.kind === 'ballot') return lie(attack, honest, terms)
  const { method, d, seed, round } = at.model
  if (method.kind !== 'vectors') throw new RangeError('floats in a method that votes')
  const vector = decodeVector(honest.bytes, method.form, { runSeed: seed, round, d })
  const bytes = encodeVector(lieInFloats(attack, vector, terms), method.form, d)
  return { kind: 'payload', bytes }
}

/** One frame a slice; floats go whole. */
function framesOf(
  said: Ballot | Payload,
  { plan, slices }: RoundAtWork,
  { model: { block }, number }: { readonly model: RunModel; readonly number: number },
): Uint8Array[] {
  const at = { run: RUN, round: plan.round, attempt: plan.attempt }
  if (said.kind === 'payload') {
    return [encodeFrame({ kind: 'vector', ...at, slice: 0 }, said.bytes)]
  }
  return slices.map((slice) => {
    const header = { kind: 'ballot', ...at, slice: slice.index } as const
    return encodeFrame(header, encodeBallot(cutBallot(said, slice, block, number), slice, block))
  })
}

/** Decides, settles everybody's ballot and moves the model; null when the round is void. */
async function close(
  model: RunModel,
  work: RoundAtWork,
  voters: readonly Voter[],
): Promise<Uint8Array | null> {
  const { record, outcome } = work.result()
  const { attempt } = work.plan
  const valid = outcome.map((slice) => slice.valid)
  if (!valid.includes(true)) {
    for (const { trainer } of voters) await trainer.settle(attempt, { kind: 'void' })
    return null
  }
  const frame = announce(model, model.decide(record, valid), attempt)
  for (const { trainer, contributor } of voters) {
    const counted = outcome.map((slice) => slice.valid && slice.voters.includes(contributor.number))
    await trainer.settle(attempt, { kind: 'decided', counted })
  }
  return frame
}

/** The verdict's frame; the coordinator's own replica takes the step. */
function announce(model: RunModel, verdict: Verdict, attempt: number): Uint8Array {
  const { round, d, block } = model
  const frame = encodeVerdict({ run: RUN, d, block }, { round, attempt }, verdict)
  model.advance(verdict)
  return frame
}
