import type { SliceBallot } from '../tally/slice-ballot.ts'
import { blockCount } from '../tally/slices.ts'
import type { Slice } from '../tally/slices.ts'
import { readBits, readNibbles, writeBits, writeNibbles } from './bits.ts'
import { Reader, Writer } from './cursor.ts'
import { FrameError } from './frame.ts'
import { proofBytes, readProof, sliceDigest, writeProof } from './proof.ts'
import type { SignedSlice, SliceProof } from './proof.ts'

/** Bytes of a ballot slice's payload: a flag, ⌈n/8⌉ of signs, and 4 bits a block where weighted. */
export function ballotPayloadBytes(size: number, block: number, weighted: boolean): number {
  return 1 + Math.ceil(size / 8) + (weighted ? Math.ceil(blockCount(size, block) / 2) : 0)
}

/** The payload of one ballot slice, without a proof. */
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

const WEIGHTED = 1
const PROVEN = 2

/** A ballot slice with what proves who cast it. */
export interface ProvenBallot {
  readonly ballot: SliceBallot
  readonly signed: SignedSlice
}

/** The digest that a ballot's signature covers, of a payload as `encodeBallot` gives it. */
export function digestOfPayload(slice: number, payload: Uint8Array): Uint8Array {
  return sliceDigest(slice, payload[0] === WEIGHTED, payload.subarray(1))
}

/** The payload of a ballot slice with its proof behind it, as it travels within a group. */
export function provePayload(payload: Uint8Array, proof: SliceProof): Uint8Array {
  const slices = 2 ** proof.path.length
  const writer = new Writer(payload.length + proofBytes(slices))
  writer.u8((payload[0] as number) | PROVEN)
  writer.bytes(payload.subarray(1))
  writeProof(writer, proof)
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
  expect: Expected,
  words?: Uint32Array,
): SliceBallot {
  const reader = new Reader(payload)
  const flags = reader.u8()
  if (flags > WEIGHTED) throw new FrameError('FRAME_PAYLOAD', `ballot flags ${flags}`)
  const { ballot } = readBallot(reader, expect, { isWeighted: flags === WEIGHTED, words })
  reader.end()
  return ballot
}

/**
 * The same for a ballot that was cut into `slices` within a group, with its proof. That its
 * signature is right is not looked at here.
 *
 * @throws FrameError
 */
export function decodeProvenBallot(
  payload: Uint8Array,
  expect: Expected & { readonly slices: number },
  words?: Uint32Array,
): ProvenBallot {
  const reader = new Reader(payload)
  const flags = reader.u8()
  if (flags !== PROVEN && flags !== (PROVEN | WEIGHTED)) {
    throw new FrameError('FRAME_PAYLOAD', `ballot flags ${flags} within a group`)
  }
  const isWeighted = (flags & WEIGHTED) !== 0
  const { ballot, body } = readBallot(reader, expect, { isWeighted, words })
  const proof = readProof(reader, expect.slices)
  reader.end()
  return { ballot, signed: { digest: sliceDigest(expect.slice.index, isWeighted, body), ...proof } }
}

interface Expected {
  readonly slice: Slice
  readonly block: number
  readonly contributor: number
}

function readBallot(
  reader: Reader,
  { slice, block, contributor }: Expected,
  how: { isWeighted: boolean; words: Uint32Array | undefined },
): { ballot: SliceBallot; body: Uint8Array } {
  const size = slice.end - slice.start
  const blocks = blockCount(size, block)
  const signBytes = Math.ceil(size / 8)
  const body = reader.bytes(signBytes + (how.isWeighted ? Math.ceil(blocks / 2) : 0))
  const signs = readBits(body.subarray(0, signBytes), size, how.words)
  const weights = how.isWeighted ? readNibbles(body.subarray(signBytes), blocks) : null
  return { ballot: { contributor, signs, weights }, body }
}
