import type { SliceBallot } from '../tally/slice-ballot.ts'
import { blockCount } from '../tally/slices.ts'
import type { Slice } from '../tally/slices.ts'
import { readBits, readNibbles, writeBits, writeNibbles } from './bits.ts'
import { Reader, Writer } from './cursor.ts'
import { FrameError } from './frame.ts'

/** Bytes of a ballot slice's payload: a flag, ⌈n/8⌉ of signs, and 4 bits a block where weighted. */
export function ballotPayloadBytes(size: number, block: number, weighted: boolean): number {
  return 1 + Math.ceil(size / 8) + (weighted ? Math.ceil(blockCount(size, block) / 2) : 0)
}

/** The payload of one ballot slice. */
export function encodeBallot(ballot: SliceBallot, slice: Slice, block: number): Uint8Array {
  const size = slice.end - slice.start
  const writer = new Writer(ballotPayloadBytes(size, block, ballot.weights !== null))
  writer.u8(ballot.weights ? 1 : 0)
  writeBits(ballot.signs, size, writer.room(Math.ceil(size / 8)))
  if (ballot.weights) {
    writeNibbles(ballot.weights, writer.room(Math.ceil(ballot.weights.length / 2)))
  }
  return writer.done()
}

/**
 * The ballot slice of `contributor`, its signs in `words` where those are given: one for every 32
 * coordinates.
 *
 * @throws FrameError
 */
export function decodeBallot(
  payload: Uint8Array,
  expect: { slice: Slice; block: number; contributor: number },
  words?: Uint32Array,
): SliceBallot {
  const size = expect.slice.end - expect.slice.start
  const blocks = blockCount(size, expect.block)
  const reader = new Reader(payload)
  const weighted = reader.u8()
  if (weighted > 1) throw new FrameError('FRAME_PAYLOAD', `ballot flag ${weighted}`)
  const signs = readBits(reader.bytes(Math.ceil(size / 8)), size, words)
  const weights = weighted ? readNibbles(reader.bytes(Math.ceil(blocks / 2)), blocks) : null
  reader.end()
  return { contributor: expect.contributor, signs, weights }
}
