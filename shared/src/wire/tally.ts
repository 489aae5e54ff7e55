import { MAX_WEIGHT } from '../methods/settings.ts'
import { blockCount } from '../tally/slices.ts'
import type { Slice } from '../tally/slices.ts'
import type { SliceTally } from '../tally/tally.ts'
import {
  planeBytes,
  planesFor,
  readNibbles,
  readPlanes,
  writeNibbles,
  writePlanes,
} from './bits.ts'
import { Reader, Writer } from './cursor.ts'
import { FrameError } from './frame.ts'

/**
 * A tally travels as its voters, their weights, and per block the counts c_i = Σ w·[s = +1] in as
 * many bit planes as the block's Σw needs; sum_i = 2c_i − Σw.
 *
 *     u16 voters, u8 flag (1: weighted), u32 each voter ascending,
 *     where weighted: ⌈blocks/2⌉ bytes of weights for each voter,
 *     for each block: planes(Σw) × ⌈coordinates/8⌉ bytes
 */
export function encodeTally(tally: SliceTally, block: number): Uint8Array {
  const { slice, sums, voters, weights } = tally
  const size = slice.end - slice.start
  const totals = blockTotals(tally, block)
  const writer = new Writer(tallyPayloadBytes(tally, block))
  writer.u16(voters.length)
  writer.u8(weights ? 1 : 0)
  for (const voter of voters) writer.u32(voter)
  for (const row of weights ?? []) writeNibbles(row, writer.room(Math.ceil(row.length / 2)))
  const counts = new Int32Array(size)
  for (let i = 0; i < size; i++) {
    counts[i] = ((sums[i] as number) + (totals[Math.floor(i / block)] as number)) / 2
  }
  totals.forEach((total, at) => {
    const range = {
      start: at * block,
      end: Math.min(size, (at + 1) * block),
      planes: planesFor(total),
    }
    writePlanes(counts, range, writer.room(planeBytes(range.end - range.start, range.planes)))
  })
  return writer.done()
}

/** Exact size of `encodeTally`'s result, in bytes. */
export function tallyPayloadBytes(tally: SliceTally, block: number): number {
  const size = tally.slice.end - tally.slice.start
  const rows = tally.weights ? tally.voters.length * Math.ceil(blockCount(size, block) / 2) : 0
  const planes = blockTotals(tally, block).reduce(
    (bytes, total, at) => bytes + planeBytes(Math.min(block, size - at * block), planesFor(total)),
    0,
  )
  return 3 + 4 * tally.voters.length + rows + planes
}

/** No tally of `size` coordinates takes more, whatever its voters weigh. */
export function largestTallyBytes(size: number, block: number, maxVoters: number): number {
  const blocks = blockCount(size, block)
  const planes = planesFor(maxVoters * MAX_WEIGHT)
  const rows = maxVoters * (4 + Math.ceil(blocks / 2))
  return 3 + rows + blocks * planeBytes(block, planes)
}

/**
 * The tally of `slice`. Voters must be distinct, ascending and at most `maxVoters`.
 *
 * @throws FrameError
 */
export function decodeTally(
  payload: Uint8Array,
  expect: { slice: Slice; block: number; maxVoters: number },
): SliceTally {
  const { slice, block } = expect
  const size = slice.end - slice.start
  const blocks = blockCount(size, block)
  const reader = new Reader(payload)
  const count = reader.u16()
  const weighted = reader.u8()
  if (count > expect.maxVoters || weighted > 1) {
    throw new FrameError(
      'FRAME_PAYLOAD',
      `${count} voters (at most ${expect.maxVoters}), flag ${weighted}`,
    )
  }
  const voters = Array.from({ length: count }, () => reader.u32())
  if (voters.some((voter, at) => at > 0 && voter <= (voters[at - 1] as number))) {
    throw new FrameError('FRAME_PAYLOAD', 'voters are not ascending')
  }
  const weights = weighted
    ? voters.map(() => readNibbles(reader.bytes(Math.ceil(blocks / 2)), blocks))
    : null
  const sums = new Int32Array(size)
  const totals = blockTotals({ slice, sums, voters, weights }, block)
  totals.forEach((total, at) => {
    const range = {
      start: at * block,
      end: Math.min(size, (at + 1) * block),
      planes: planesFor(total),
      greatest: total,
    }
    readPlanes(reader.bytes(planeBytes(range.end - range.start, range.planes)), range, sums)
    for (let i = range.start; i < range.end; i++) sums[i] = 2 * (sums[i] as number) - total
  })
  reader.end()
  return { slice, sums, voters, weights }
}

/** Σ_n w_{n,b} for each block of the slice. */
function blockTotals(tally: SliceTally, block: number): number[] {
  const blocks = blockCount(tally.slice.end - tally.slice.start, block)
  return Array.from({ length: blocks }, (_, at) =>
    tally.weights
      ? tally.weights.reduce((total, row) => total + (row[at] as number), 0)
      : tally.voters.length,
  )
}
