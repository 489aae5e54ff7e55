import { sliceRanges } from '../tally/slices.ts'
import type { MergedTally } from '../tally/tally.ts'
import type { MergedVectors } from '../methods/method.ts'
import { Reader, Writer } from './cursor.ts'
import { indexBytes, readFloats, readIndices, writeFloats, writeIndices } from './floats.ts'
import { FrameError } from './frame.ts'
import { decodeTally, encodeTally } from './tally.ts'

/** What the coordinator needs to decide a ledger entry again after a restart. */
export type LedgerRecord =
  /** The opening phase: the loudness reports that were counted. */
  | { readonly kind: 'calibration'; readonly reports: readonly number[] }
  /** A round: the learning rate and the merged tally with voters and weights. */
  | { readonly kind: 'round'; readonly learningRate: number; readonly tally: MergedTally }
  /** A round of a method that sums vectors. */
  | { readonly kind: 'vectors'; readonly learningRate: number; readonly vectors: MergedVectors }

export function encodeRecord(record: LedgerRecord): Uint8Array {
  if (record.kind === 'calibration') {
    const writer = new Writer(3 + 4 * record.reports.length)
    writer.u8(0)
    writer.u16(record.reports.length)
    for (const report of record.reports) writer.f32(report)
    return writer.done()
  }
  if (record.kind === 'vectors') return encodeSum(record.vectors, record.learningRate)
  const { tally } = record
  const payloads = tally.slices.map((slice) => encodeTally(slice))
  const size = payloads.reduce((bytes, payload) => bytes + 4 + payload.length, 6)
  const writer = new Writer(size)
  writer.u8(1)
  writer.f32(record.learningRate)
  writer.u8(payloads.length)
  for (const payload of payloads) {
    writer.u32(payload.length)
    writer.bytes(payload)
  }
  return writer.done()
}

/** @throws FrameError */
export function decodeRecord(
  bytes: Uint8Array,
  expect: { readonly d: number; readonly block: number },
): LedgerRecord {
  const reader = new Reader(bytes)
  const kind = reader.u8()
  if (kind === 0) {
    const reports = Array.from({ length: reader.u16() }, () => reader.f32())
    reader.end()
    return { kind: 'calibration', reports }
  }
  if (kind === 2) return decodeSum(reader, expect.d)
  if (kind !== 1) throw new FrameError('FRAME_PAYLOAD', `unknown record kind ${kind}`)
  const learningRate = reader.f32()
  const slices = sliceRanges(expect.d, expect.block, reader.u8()).map((slice) =>
    decodeTally(reader.bytes(reader.u32()), { slice, block: expect.block, maxVoters: 0xffff }),
  )
  reader.end()
  return { kind: 'round', learningRate, tally: { ...expect, slices } }
}

/** u8 2, f32 learning rate, u16 voters, u32 each, u8 sparse; where sparse u32 count and indices; floats. */
function encodeSum({ d, voters, sum }: MergedVectors, learningRate: number): Uint8Array {
  const count = sum.kind === 'sparse' ? sum.indices.length : d
  const places = sum.kind === 'sparse' ? 4 + indexBytes(count, d) : 0
  const writer = new Writer(8 + 4 * voters.length + places + 4 * count)
  writer.u8(2)
  writer.f32(learningRate)
  writer.u16(voters.length)
  for (const voter of voters) writer.u32(voter)
  writer.u8(sum.kind === 'sparse' ? 1 : 0)
  if (sum.kind === 'sparse') {
    writer.u32(count)
    writeIndices(sum.indices, d, writer.room(indexBytes(count, d)))
  }
  writeFloats(sum.values, writer)
  return writer.done()
}

function decodeSum(reader: Reader, d: number): LedgerRecord {
  const learningRate = reader.f32()
  const voters = Array.from({ length: reader.u16() }, () => reader.u32())
  const sparse = reader.u8() === 1
  const count = sparse ? reader.u32() : d
  const indices = sparse ? readIndices(reader, { count, d }) : null
  const values = readFloats(reader, count)
  reader.end()
  const sum = indices
    ? ({ kind: 'sparse', indices, values } as const)
    : ({ kind: 'dense', values } as const)
  return { kind: 'vectors', learningRate, vectors: { d, voters, sum } }
}
