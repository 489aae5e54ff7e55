/**
 * One round as a contributor lives it: draw a batch, cast a ballot, cut it into slices, sign them,
 * hand each slice to its owner and its auditor, and look ahead. How slices travel is in dispatch.ts, what owners do with them in
 * tally-desk.ts; what becomes of the ballot (verdict, settlement) comes later over the link.
 */
import { float32FromBits } from '@quorate/shared/bytes/float32'
import type { Clock } from '@quorate/shared/clock/clock'
import type { Signer } from '@quorate/shared/keys/keys'
import { ballotStatement } from '@quorate/shared/keys/statements'
import type { Ballot } from '@quorate/shared/methods/method'
import { cutBallot } from '@quorate/shared/tally/count'
import type { SliceBallot } from '@quorate/shared/tally/slice-ballot'
import { sliceRanges } from '@quorate/shared/tally/slices'
import { digestOfPayload, encodeBallot, provePayload } from '@quorate/shared/wire/ballot'
import { encodeFrame } from '@quorate/shared/wire/frame'
import { SliceTree } from '@quorate/shared/wire/proof'
import type { SliceProof } from '@quorate/shared/wire/proof'
import type { Opening } from '@quorate/shared/wire/turn'
import type { Dispatch } from './dispatch.ts'
import type { BatchOrder, CastResult, MarkRound, Payload, RunInfo, Trainer } from './ports.ts'
import type { TallyDesk } from './tally-desk.ts'

export interface RoundParts {
  readonly run: RunInfo
  /** This contributor's number. */
  readonly self: number
  readonly trainer: Pick<Trainer, 'cast'>
  readonly signer: Signer
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
  const { clock, desk } = parts
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
  parts.mark('cast', opening.round)
  const { sent } = result
  let deliveries: Promise<void>[]
  try {
    deliveries =
      sent.kind === 'payload' || opening.group.length === 1
        ? sendAlone(sent, opening, parts)
        : await sendToGroup(sent, opening, parts)
  } catch (error) {
    // It could not be signed: nobody need wait for it.
    return { kind: 'abstained', reason: 'failed', detail: String(error) }
  }
  parts.waiting({ ...orderOf(opening, draws, parts), round: opening.round + 1 })
  await Promise.all(deliveries)
  return { kind: 'cast', result }
}

/** Straight to the coordinator: in a group of one, and of methods that send floats. */
function sendAlone(
  sent: Ballot | Payload,
  opening: Opening,
  { run, self, dispatch }: RoundParts,
): Promise<void>[] {
  const at = headerOf(opening, run)
  const { block } = run.settings
  if (sent.kind === 'payload') {
    dispatch.cast([encodeFrame({ kind: 'vector', ...at, slice: 0 }, sent.bytes)])
    dispatch.deliverAlone(0)
    return []
  }
  const slices = slicesOf(opening, run)
  dispatch.cast(
    slices.map((slice) => {
      const payload = encodeBallot(cutBallot(sent, slice, block, self), slice, block)
      return encodeFrame({ kind: 'ballot', ...at, slice: slice.index }, payload)
    }),
  )
  for (const { index } of slices) dispatch.deliverAlone(index)
  return []
}

/** Signs the ballot, and hands each slice to its owner and to its auditor. */
async function sendToGroup(
  ballot: Ballot,
  opening: Opening,
  { run, self, signer, dispatch, desk }: RoundParts,
): Promise<Promise<void>[]> {
  const at = headerOf(opening, run)
  const { block } = run.settings
  const slices = slicesOf(opening, run)
  const ballots = slices.map((slice) => cutBallot(ballot, slice, block, self))
  const payloads = slices.map((slice, j) => encodeBallot(ballots[j] as SliceBallot, slice, block))
  const digests = payloads.map((payload, j) => digestOfPayload(j, payload))
  const tree = new SliceTree(digests)
  const { round, attempt } = opening
  const terms = { run: run.id, contributor: self, round, attempt, slices: slices.length }
  const signature = await signer.sign(ballotStatement({ ...terms, root: tree.root }))
  if (desk.attempt !== attempt) return []
  const proofs = slices.map((_, j) => ({ signature, path: tree.path(j) }))
  dispatch.cast(
    payloads.map((payload, slice) => {
      const proven = provePayload(payload, proofs[slice] as SliceProof)
      return encodeFrame({ kind: 'ballot', ...at, slice }, proven)
    }),
  )
  const deadlineMs = opening.ballotDeadlineMs * SEND_SHARE_OF_DEADLINE
  return slices.flatMap(({ index }) =>
    [opening.owners[index], opening.auditors[index]].map(async (member) => {
      if (member !== self) return dispatch.deliver(index, member as number, deadlineMs)
      const signed = { digest: digests[index] as Uint8Array, ...(proofs[index] as SliceProof) }
      desk.own(index, ballots[index] as SliceBallot, signed)
    }),
  )
}

function headerOf({ round, attempt }: Opening, run: RunInfo) {
  return { run: run.number, round, attempt } as const
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

function slicesOf(opening: Opening, run: RunInfo) {
  return sliceRanges(run.d, run.settings.block, opening.slices)
}
