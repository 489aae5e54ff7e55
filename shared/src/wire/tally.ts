import type { BitPlane } from '../tally/addend.ts'
import { MAX_WEIGHT } from '../methods/settings.ts'
import { blockCount } from '../tally/slices.ts'
import type { Slice } from '../tally/slices.ts'
import { planesFor } from '../tally/addend.ts'
import { SliceTally, blockTotals } from '../tally/tally.ts'
import { planeBytes, readNibbles, writeNibbles } from './bits.ts'
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
export function encodeTally(tally: SliceTally): Uint8Array {
  const { planes, voters, weights } = tally
  const writer = new Writer(tallyPayloadBytes(tally))
  writer.u16(voters.length)
  writer.u8(weights ? 1 : 0)
  for (const voter of voters) writer.u32(voter)
  for (const row of weights ?? []) writeNibbles(row, writer.room(Math.ceil(row.length / 2)))
  for (const block of blocksOf(tally, blockTotals(tally))) {
    writeBlock(planes, block, writer.room(block.depth * block.bytes))
  }
  return writer.done()
}

/** Exact size of `encodeTally`'s result, in bytes. */
export function tallyPayloadBytes(tally: SliceTally): number {
  const totals = blockTotals(tally)
  const rows = tally.weights ? tally.voters.length * Math.ceil(totals.length / 2) : 0
  const planes = blocksOf(tally, totals).reduce((sum, { bytes, depth }) => sum + bytes * depth, 0)
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
 * The tally of `slice`. Voters must be distinct, ascending and at most `maxVoters`; `block` is a
 * multiple of 32. Padding bits are ignored.
 *
 * @throws FrameError
 */
export function decodeTally(payload: Uint8Array, expect: ExpectedTally): SliceTally {
  const reader = new Reader(payload)
  const tally = readTally(reader, expect)
  reader.end()
  return tally
}

interface ExpectedTally {
  readonly slice: Slice
  readonly block: number
  readonly maxVoters: number
}

/** The tally that comes next. @throws FrameError */
export function readTally(reader: Reader, expect: ExpectedTally): SliceTally {
  const { slice, block } = expect
  const size = slice.end - slice.start
  const blocks = blockCount(size, block)
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
  const roll = { slice, block, voters, weights }
  const totals = blockTotals(roll)
  const cut = blocksOf(roll, totals)
  const depth = cut.reduce((most, one) => Math.max(most, one.depth), 0)
  const planes = Array.from({ length: depth }, () => new Uint32Array(Math.ceil(size / 32)))
  for (const one of cut) readBlock(reader.bytes(one.depth * one.bytes), one, planes)
  return new SliceTally({ ...roll, planes })
}

/** One block of a tally as it travels. */
interface Block {
  /** First coordinate, from the slice's start. */
  readonly start: number
  readonly size: number
  /** Σw of its voters. */
  readonly total: number
  /** Planes, and bytes of each. */
  readonly depth: number
  readonly bytes: number
}

function blocksOf({ slice, block }: Pick<SliceTally, 'slice' | 'block'>, totals: number[]) {
  return totals.map((total, b): Block => {
    const start = b * block
    const size = Math.min(block, slice.end - slice.start - start)
    return { start, size, total, depth: planesFor(total), bytes: Math.ceil(size / 8) }
  })
}

function writeBlock(planes: readonly BitPlane[], block: Block, out: Uint8Array): void {
  const first = block.start / 8
  let at = 0
  for (let k = 0; k < block.depth; k++) {
    const plane = planes[k] as BitPlane
    for (let byte = first; byte < first + block.bytes; byte++) {
      out[at++] = (plane[byte >>> 2] as number) >>> ((byte & 3) * 8)
    }
  }
}

/** @throws FrameError when a count exceeds the block's total. */
function readBlock(bytes: Uint8Array, block: Block, planes: readonly BitPlane[]): void {
  const first = block.start / 8
  let at = 0
  for (let k = 0; k < block.depth; k++) {
    const plane = planes[k] as BitPlane
    for (let byte = first; byte < first + block.bytes; byte++) {
      plane[byte >>> 2] =
        (plane[byte >>> 2] as number) | ((bytes[at++] as number) << ((byte & 3) * 8))
    }
  }
  const end = block.start + block.size
  for (let word = block.start / 32; 32 * word < end; word++) {
    const used = Math.min(32, end - 32 * word)
    const more = checkWord(planes, word, block, used === 32 ? -1 : 2 ** used - 1)
    if (more !== 0) {
      throw new FrameError(
        'FRAME_PAYLOAD',
        `a count above ${block.total} within coordinates ${32 * word} to ${32 * word + used - 1}`,
      )
    }
  }
}

/** Clears what is not `inside`, and says which counts of the word exceed the block's total. */
function checkWord(
  planes: readonly BitPlane[],
  word: number,
  { depth, total }: Block,
  inside: number,
): number {
  let more = 0
  let equal = -1
  for (let k = depth - 1; k >= 0; k--) {
    const plane = planes[k] as BitPlane
    const bits = (plane[word] as number) & inside
    plane[word] = bits
    if ((total >>> k) & 1) {
      equal &= bits
    } else {
      more |= equal & bits
      equal &= ~bits
    }
  }
  return more
}
