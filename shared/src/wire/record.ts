import { sliceRanges } from '../tally/slices.ts'
import type { MergedTally } from '../tally/tally.ts'
import { Reader, Writer } from './cursor.ts'
import { FrameError } from './frame.ts'
import { decodeTally, encodeTally } from './tally.ts'

/** What the coordinator needs to decide a ledger entry again after a restart. */
export type LedgerRecord =
  /** The opening phase: the loudness reports that were counted. */
  | { readonly kind: 'calibration'; readonly reports: readonly number[] }
  /** A round: the learning rate and the merged tally with voters and weights. */
  | { readonly kind: 'round'; readonly learningRate: number; readonly tally: MergedTally }

export function encodeRecord(record: LedgerRecord): Uint8Array {
  if (record.kind === 'calibration') {
    const writer = new Writer(3 + 4 * record.reports.length)
    writer.u8(0)
    writer.u16(record.reports.length)
    for (const report of record.reports) writer.f32(report)
    return writer.done()
  }
  const { tally } = record
  const payloads = tally.slices.map((slice) => encodeTally(slice, tally.block))
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
  if (kind !== 1) throw new FrameError('FRAME_PAYLOAD', `unknown record kind ${kind}`)
  const learningRate = reader.f32()
  const slices = sliceRanges(expect.d, expect.block, reader.u8()).map((slice) =>
    decodeTally(reader.bytes(reader.u32()), { slice, block: expect.block, maxVoters: 0xffff }),
  )
  reader.end()
  return { kind: 'round', learningRate, tally: { ...expect, slices } }
}
