import { blockCount, sliceRanges } from '@quorate/shared/tally/slices'
import type { Slice } from '@quorate/shared/tally/slices'
import { planesFor } from '@quorate/shared/tally/addend'
import { listingBytes } from '@quorate/shared/wire/audit'
import { HEADER_BYTES } from '@quorate/shared/wire/frame'
import { proofBytes } from '@quorate/shared/wire/proof'

/** Bytes of a message between members beside its part of a frame. */
const MESSAGE_HEADER_BYTES = 16
const MOST_WEIGHT = 15

/** A run of EF-Vote in one group of `members`, all of them there. */
export interface Shape {
  readonly d: number
  readonly block: number
  readonly members: number
}

const slicesOf = ({ d, block, members }: Shape): readonly Slice[] => sliceRanges(d, block, members)
const coordinates = ({ start, end }: Slice) => end - start

/** Signs and weights of one slice in its frame: 36 + 1 + ⌈n/8⌉ + ⌈b/2⌉. */
function ballotFrame(slice: Slice, block: number): number {
  const n = coordinates(slice)
  return HEADER_BYTES + 1 + Math.ceil(n / 8) + Math.ceil(blockCount(n, block) / 2)
}

/** A whole ballot to the coordinator: who is alone in a group. */
export function ballotAlone(shape: Shape): number {
  return slicesOf(shape).reduce((sum, slice) => sum + ballotFrame(slice, shape.block), 0)
}

/** To the owners over WebRTC, all slices but one's own, each with its proof; as much again goes to the auditors. */
export function ballotToOwners(shape: Shape): number {
  const { members } = shape
  const each = MESSAGE_HEADER_BYTES + proofBytes(members)
  return ((ballotAlone(shape) + members * each) * (members - 1)) / members
}

/** An auditor's report of its slice: 36 + 4 + 32. */
export function audit(): number {
  return HEADER_BYTES + 36
}

/**
 * One owner's tally at most: 36 + 3 + 4K + K·⌈b/2⌉ + n/8 · ⌈log₂(Σw + 1)⌉, where Σw is 15 K in
 * every block, and for each voter 16 + 64 + 16·⌈log₂ K⌉ of digest and proof; the mean over the
 * slices.
 */
export function tallyAtMost(shape: Shape): number {
  const { block, members } = shape
  const planes = planesFor(members * MOST_WEIGHT)
  const each = slicesOf(shape).map((slice) => {
    const n = coordinates(slice)
    const weights = members * Math.ceil(blockCount(n, block) / 2)
    const listing = listingBytes(members, members)
    return HEADER_BYTES + 3 + 4 * members + weights + planes * Math.ceil(n / 8) + listing
  })
  return each.reduce((sum, sizeBytes) => sum + sizeBytes, 0) / members
}

/** Signs, a step and a grid byte a block: 36 + 4 + 4 + ⌈d/8⌉ + B. */
export function verdict({ d, block, members }: Shape): number {
  const head = 3 + Math.ceil(members / 8)
  return HEADER_BYTES + head + 4 + Math.ceil(d / 8) + blockCount(d, block)
}
