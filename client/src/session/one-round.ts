/**
 * One round as a contributor lives it: draw a batch, cast a ballot, cut it into slices, hand each
 * slice to its owner. What owners do with them is in tally-desk.ts; what becomes of the ballot
 * (verdict, settlement) comes later over the link.
 */
import { float32FromBits } from '@quorate/shared/bytes/float32'
import type { CoordinatorMessage, MessageOf } from '@quorate/shared/protocol/messages'
import { cutBallot } from '@quorate/shared/tally/count'
import { sliceRanges } from '@quorate/shared/tally/slices'
import { encodeBallot } from '@quorate/shared/wire/ballot'
import { encodeFrame } from '@quorate/shared/wire/frame'
import type { BatchOrder, CastResult, Link, Mesh, RunInfo, Trainer } from './ports.ts'
import type { TallyDesk } from './tally-desk.ts'
import type { TrafficMeter } from './traffic-meter.ts'

type Opening = MessageOf<CoordinatorMessage, 'opening'>

export interface RoundParts {
  readonly run: RunInfo
  /** This contributor's number. */
  readonly self: number
  readonly trainer: Trainer
  readonly link: Link
  readonly mesh: Mesh
  readonly desk: TallyDesk
  readonly traffic: TrafficMeter
  /** Records of the batch at most, or null: as the opening says. */
  readonly batchLimit: number | null
}

/** The ballot as it left, slice by slice: kept for a resend until the next round opens. */
export interface CastBallot {
  readonly attempt: number
  readonly frames: readonly Uint8Array[]
}

export type RoundResult =
  | {
      readonly kind: 'cast'
      readonly ballot: CastBallot
      readonly result: CastResult & { kind: 'ballot' }
    }
  | { readonly kind: 'abstained'; readonly reason: string }
  /** Another round opened, or the session ended, before the ballot was ready. */
  | { readonly kind: 'overtaken' }

/** Slices go out in parallel; an edge that does not drain in this part of the deadline is relayed. */
const SEND_SHARE_OF_DEADLINE = 0.5

export async function oneRound(
  opening: Opening,
  draws: BatchOrder['draws'],
  parts: RoundParts,
): Promise<RoundResult> {
  const { round, attempt } = opening
  const result = await castBallot(opening, draws, parts)
  if (parts.desk.attempt !== attempt) return { kind: 'overtaken' }
  if (result.kind === 'abstain') {
    parts.link.send({ type: 'abstain', round, attempt, reason: result.reason })
    return { kind: 'abstained', reason: result.detail }
  }
  const { block } = parts.run.settings
  const slices = sliceRanges(parts.run.d, block, opening.slices)
  const frames = slices.map((slice) => {
    const ballot = cutBallot(result.ballot, slice, block, parts.self)
    const header = { kind: 'ballot', run: parts.run.number, round, attempt } as const
    return encodeFrame({ ...header, slice: slice.index }, encodeBallot(ballot, slice, block))
  })
  const deliveries = slices.map(async (slice) => {
    const owner = opening.owners[slice.index] as number
    if (owner === parts.self && opening.group.length > 1) {
      parts.desk.own(slice.index, cutBallot(result.ballot, slice, block, parts.self))
    } else await deliver(frames[slice.index] as Uint8Array, owner, opening, parts)
  })
  await Promise.all(deliveries)
  return { kind: 'cast', ballot: { attempt, frames }, result }
}

async function castBallot(
  opening: Opening,
  draws: BatchOrder['draws'],
  parts: RoundParts,
): Promise<CastResult> {
  const { round, attempt, share, slices } = opening
  const batch = Math.min(opening.batch, parts.batchLimit ?? opening.batch)
  const learningRate = float32FromBits(opening.learningRateBits)
  const order = { round, attempt, share, batch, draws, learningRate, slices }
  try {
    return await parts.trainer.cast(order)
  } catch (error) {
    return { kind: 'abstain', reason: 'failed', detail: String(error) }
  }
}

/** To the owner over WebRTC, or to the coordinator where that does not work. */
async function deliver(
  frame: Uint8Array,
  owner: number,
  opening: Opening,
  { self, mesh, link, traffic }: RoundParts,
): Promise<void> {
  const alone = owner === self
  if (!alone && mesh.connected.has(owner)) {
    const deadlineMs = opening.ballotDeadlineMs * SEND_SHARE_OF_DEADLINE
    if ((await mesh.send(owner, frame, deadlineMs)) === 'sent') {
      traffic.ballotSent(frame.length, 'direct')
      return
    }
  }
  if (link.sendFrame(frame)) traffic.ballotSent(frame.length, alone ? 'alone' : 'relayed')
}
