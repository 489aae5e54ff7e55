/**
 * One round as a contributor lives it: draw a batch, cast a ballot, cut it into slices, hand each
 * slice to its owner, and look ahead. How slices travel is in dispatch.ts, what owners do with them in
 * tally-desk.ts; what becomes of the ballot (verdict, settlement) comes later over the link.
 */
import { float32FromBits } from '@quorate/shared/bytes/float32'
import type { Clock } from '@quorate/shared/clock/clock'
import type { Ballot } from '@quorate/shared/methods/method'
import { cutBallot } from '@quorate/shared/tally/count'
import { sliceRanges } from '@quorate/shared/tally/slices'
import { encodeBallot } from '@quorate/shared/wire/ballot'
import { encodeFrame } from '@quorate/shared/wire/frame'
import type { Opening } from '@quorate/shared/wire/turn'
import type { Dispatch } from './dispatch.ts'
import type { BatchOrder, CastResult, MarkRound, Payload, RunInfo, Trainer } from './ports.ts'
import type { TallyDesk } from './tally-desk.ts'

export interface RoundParts {
  readonly run: RunInfo
  /** This contributor's number. */
  readonly self: number
  readonly trainer: Pick<Trainer, 'cast'>
  /** The ballot is on its way: time for what the next round will ask for. */
  readonly waiting: (next: BatchOrder) => void
  readonly dispatch: Dispatch
  readonly desk: TallyDesk
  readonly clock: Clock
  readonly mark: MarkRound
  /** Records of the batch at most, or null: as the opening says. */
  readonly batchLimit: number | null
}

export type RoundResult =
  | { readonly kind: 'cast'; readonly result: CastResult & { kind: 'cast' } }
  | {
      readonly kind: 'abstained'
      readonly reason: 'non-finite' | 'failed' | 'late'
      readonly detail: string
    }
  /** The connection or the session ended before the ballot was ready: nobody waits for it. */
  | { readonly kind: 'ended' }

/** Slices go out in parallel; an edge that does not drain in this part of the deadline is relayed. */
const SEND_SHARE_OF_DEADLINE = 0.5

export async function oneRound(
  opening: Opening,
  draws: BatchOrder['draws'],
  parts: RoundParts,
): Promise<RoundResult> {
  const { clock, desk, dispatch, self } = parts
  const openedAtMs = clock.nowMs()
  const result = await castBallot(opening, draws, parts)
  if (desk.attempt === null) return { kind: 'ended' }
  if (result.kind === 'abstain') {
    return { kind: 'abstained', reason: result.reason, detail: result.detail }
  }
  const tookMs = clock.nowMs() - openedAtMs
  if (desk.attempt !== opening.attempt || tookMs >= opening.ballotDeadlineMs) {
    const detail = `the ballot took ${Math.round(tookMs)} ms`
    return { kind: 'abstained', reason: 'late', detail }
  }
  const { sent } = result
  parts.mark('cast', opening.round)
  dispatch.cast(framesOf(sent, opening, parts))
  const deadlineMs = opening.ballotDeadlineMs * SEND_SHARE_OF_DEADLINE
  const { run } = parts
  const deliveries = slicesOf(opening, run).map(async (slice) => {
    const owner = opening.owners[slice.index] as number
    if (opening.group.length === 1 || sent.kind === 'payload') {
      return dispatch.deliverAlone(slice.index)
    }
    if (owner !== self) return dispatch.deliver(slice.index, owner, deadlineMs)
    desk.own(slice.index, cutBallot(sent, slice, run.settings.block, self))
  })
  parts.waiting({ ...orderOf(opening, draws, parts), round: opening.round + 1 })
  await Promise.all(deliveries)
  return { kind: 'cast', result }
}

async function castBallot(
  opening: Opening,
  draws: BatchOrder['draws'],
  parts: RoundParts,
): Promise<CastResult> {
  const { attempt, slices } = opening
  const learningRate = float32FromBits(opening.learningRateBits)
  const order = { ...orderOf(opening, draws, parts), attempt, learningRate, slices }
  try {
    return await parts.trainer.cast(order)
  } catch (error) {
    return { kind: 'abstain', reason: 'failed', detail: String(error) }
  }
}

function orderOf(
  { round, share, batch }: Opening,
  draws: BatchOrder['draws'],
  { batchLimit }: RoundParts,
): BatchOrder {
  return { round, share, draws, batch: Math.min(batch, batchLimit ?? batch) }
}

/** One frame a slice; floats go whole. */
function framesOf(
  sent: Ballot | Payload,
  opening: Opening,
  { run, self }: RoundParts,
): Uint8Array[] {
  const { round, attempt } = opening
  const { block } = run.settings
  const at = { run: run.number, round, attempt }
  if (sent.kind === 'payload') {
    return [encodeFrame({ kind: 'vector', ...at, slice: 0 }, sent.bytes)]
  }
  return slicesOf(opening, run).map((slice) => {
    const header = { kind: 'ballot', ...at, slice: slice.index } as const
    return encodeFrame(header, encodeBallot(cutBallot(sent, slice, block, self), slice, block))
  })
}

function slicesOf(opening: Opening, run: RunInfo) {
  return sliceRanges(run.d, run.settings.block, opening.slices)
}
