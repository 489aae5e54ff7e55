import type { Verdict, VerdictStep } from '../methods/method.ts'
import { blockCount, MAX_SLICES, sliceRanges } from '../tally/slices.ts'
import { planesFor } from '../tally/addend.ts'
import { planeBytes, readBits, readPlanes, writeBits, writePlanes } from './bits.ts'
import { Reader, Writer } from './cursor.ts'
import { decodeFrame, encodeFrame, FrameError, WHOLE } from './frame.ts'
import type { Frame } from './frame.ts'
import { finite, indexBytes, readFloats, readIndices, writeFloats, writeIndices } from './floats.ts'

const stepCode = {
  none: 0,
  signs: 1,
  scaled: 2,
  sums: 3,
  signed: 4,
  sparse: 5,
  dense: 6,
} as const

/** What both ends know of a run before they exchange verdicts. */
export interface VectorShape {
  readonly run: number
  readonly d: number
  readonly block: number
}

export interface DecodedVerdict {
  readonly round: number
  readonly attempt: number
  readonly sliceCount: number
  readonly verdict: Verdict
}

/**
 * The verdict frame of a round, the same bytes in broadcast, ledger and catch-up.
 *
 *     u8 step kind, u8 slices, u8 flag (1: units follow), valid slices as ⌈slices/8⌉ bytes,
 *     the step:
 *       signs   f32 step, ⌈d/8⌉ bytes
 *       scaled  a grid byte per block, ⌈d/8⌉ bytes
 *       sums    u8 tables, each u16 length and its f32 entries, u8 table of each slice,
 *               per slice planes(length − 1) bit planes of sum + (length − 1)/2
 *       signed  u16 ranges, each u32 end and f32 step, ⌈d/8⌉ bytes
 *       sparse  u32 count, the indices in ⌈log₂ d⌉ bits each, count × f32
 *       dense   d × f32
 *       none    nothing
 *     a grid byte per block where units follow
 */
export function encodeVerdict(
  shape: VectorShape,
  at: { round: number; attempt: number },
  verdict: Verdict,
): Uint8Array<ArrayBuffer> {
  const slices = verdict.valid.length
  const writer = new Writer(payloadBytes(shape, verdict))
  writer.u8(stepCode[verdict.kind])
  writer.u8(slices)
  writer.u8(verdict.nextUnits ? 1 : 0)
  const valid = writer.room(Math.ceil(slices / 8))
  verdict.valid.forEach((yes, j) => {
    if (yes) valid[j >> 3] = (valid[j >> 3] as number) | (1 << (j & 7))
  })
  writeStep(writer, shape, verdict)
  if (verdict.nextUnits) writer.bytes(verdict.nextUnits)
  return encodeFrame({ kind: 'verdict', run: shape.run, ...at, slice: WHOLE }, writer.done())
}

/** The verdict in a frame. @throws FrameError */
export function decodeVerdict(frame: Uint8Array, expect: VectorShape): DecodedVerdict {
  const { header, payload } = verdictFrame(frame, expect)
  const reader = new Reader(payload)
  const kind = reader.u8()
  const sliceCount = reader.u8()
  const flag = reader.u8()
  if (sliceCount < 1 || sliceCount > MAX_SLICES || flag > 1) {
    throw new FrameError('FRAME_PAYLOAD', `${sliceCount} slices, flag ${flag}`)
  }
  const mask = reader.bytes(Math.ceil(sliceCount / 8))
  const valid = Array.from(
    { length: sliceCount },
    (_, j) => (((mask[j >> 3] as number) >> (j & 7)) & 1) === 1,
  )
  const step = readStep(reader, kind, expect, sliceCount)
  const nextUnits = flag ? reader.bytes(blockCount(expect.d, expect.block)).slice() : null
  reader.end()
  return {
    round: header.round,
    attempt: header.attempt,
    sliceCount,
    verdict: { ...step, valid, nextUnits },
  }
}

/** What a verdict frame says at a glance; the step is left undecoded. */
export interface VerdictGlance {
  readonly round: number
  /** False for the opening phase's entry, which only announces units. */
  readonly moves: boolean
  /** Units of the next round; null where the method has none. */
  readonly units: Uint8Array | null
}

/** @throws FrameError */
export function peekVerdict(frame: Uint8Array, expect: VectorShape): VerdictGlance {
  const { header, payload } = verdictFrame(frame, expect)
  const blocks = blockCount(expect.d, expect.block)
  const announces = payload[2] === 1
  if (payload.length < 3 || (announces && payload.length < 3 + blocks)) {
    throw new FrameError('FRAME_PAYLOAD', `a verdict of ${payload.length} bytes`)
  }
  return {
    round: header.round,
    moves: payload[0] !== stepCode.none,
    units: announces ? payload.slice(payload.length - blocks) : null,
  }
}

/** Header and payload of a verdict of this run. @throws FrameError */
function verdictFrame(frame: Uint8Array, expect: VectorShape): Frame {
  const decoded = decodeFrame(frame)
  const { kind, run } = decoded.header
  if (kind !== 'verdict') throw new FrameError('FRAME_KIND', `a ${kind} frame, not a verdict`)
  if (run !== expect.run) throw new FrameError('FRAME_RUN', `run ${run}, expected ${expect.run}`)
  return decoded
}

function writeStep(writer: Writer, shape: VectorShape, verdict: Verdict): void {
  const signBytes = Math.ceil(shape.d / 8)
  switch (verdict.kind) {
    case 'none':
      return
    case 'signs':
      writer.f32(verdict.step)
      writeBits(verdict.signs, shape.d, writer.room(signBytes))
      return
    case 'scaled':
      writer.bytes(verdict.steps)
      writeBits(verdict.signs, shape.d, writer.room(signBytes))
      return
    case 'sums': {
      writer.u8(verdict.tables.length)
      for (const table of verdict.tables) {
        writer.u16(table.length)
        for (const entry of table) writer.f32(entry)
      }
      writer.bytes(verdict.tableOf)
      const shifted = new Int32Array(verdict.sums.length)
      for (const slice of sliceRanges(shape.d, shape.block, verdict.valid.length)) {
        const length = tableLength(verdict, slice.index)
        for (let i = slice.start; i < slice.end; i++) {
          shifted[i] = (verdict.sums[i] as number) + (length - 1) / 2
        }
        const range = { ...slice, planes: planesFor(length - 1) }
        writePlanes(shifted, range, writer.room(planeBytes(slice.end - slice.start, range.planes)))
      }
      return
    }
    case 'signed':
      writer.u16(verdict.ends.length)
      verdict.ends.forEach((end, k) => {
        writer.u32(end)
        writer.f32(verdict.steps[k] as number)
      })
      writeBits(verdict.signs, shape.d, writer.room(signBytes))
      return
    case 'sparse':
      writer.u32(verdict.indices.length)
      writeIndices(
        verdict.indices,
        shape.d,
        writer.room(indexBytes(verdict.indices.length, shape.d)),
      )
      writeFloats(verdict.steps, writer)
      return
    case 'dense':
      writeFloats(verdict.steps, writer)
  }
}

function readStep(
  reader: Reader,
  kind: number,
  shape: VectorShape,
  sliceCount: number,
): VerdictStep {
  const signBytes = Math.ceil(shape.d / 8)
  switch (kind) {
    case stepCode.none:
      return { kind: 'none' }
    case stepCode.signs:
      return {
        kind: 'signs',
        step: finite(reader.f32()),
        signs: readBits(reader.bytes(signBytes), shape.d),
      }
    case stepCode.scaled:
      return {
        kind: 'scaled',
        steps: reader.bytes(blockCount(shape.d, shape.block)).slice(),
        signs: readBits(reader.bytes(signBytes), shape.d),
      }
    case stepCode.sums:
      return readSums(reader, shape, sliceCount)
    case stepCode.signed:
      return readSigned(reader, shape)
    case stepCode.sparse: {
      const count = reader.u32()
      const indices = readIndices(reader, { count, d: shape.d })
      return { kind: 'sparse', indices, steps: readFloats(reader, count) }
    }
    case stepCode.dense:
      return { kind: 'dense', steps: readFloats(reader, shape.d) }
    default:
      throw new FrameError('FRAME_PAYLOAD', `unknown step kind ${kind}`)
  }
}

function readSums(reader: Reader, shape: VectorShape, sliceCount: number): VerdictStep {
  const tables = Array.from({ length: reader.u8() }, () => {
    const length = reader.u16()
    if (length % 2 === 0) throw new FrameError('FRAME_PAYLOAD', `a table of ${length} steps`)
    return Float32Array.from({ length }, () => finite(reader.f32()))
  })
  const tableOf = reader.bytes(sliceCount).slice()
  const sums = new Int32Array(shape.d)
  for (const slice of sliceRanges(shape.d, shape.block, sliceCount)) {
    const table = tables[tableOf[slice.index] ?? 0]
    if (!table) throw new FrameError('FRAME_PAYLOAD', `slice ${slice.index} has no table`)
    const greatest = table.length - 1
    const range = { ...slice, planes: planesFor(greatest), greatest }
    readPlanes(reader.bytes(planeBytes(slice.end - slice.start, range.planes)), range, sums)
    for (let i = slice.start; i < slice.end; i++) sums[i] = (sums[i] as number) - greatest / 2
  }
  return { kind: 'sums', sums, tables, tableOf }
}

function readSigned(reader: Reader, { d }: VectorShape): VerdictStep {
  const ranges = reader.u16()
  const ends = new Uint32Array(ranges)
  const steps = new Float32Array(ranges)
  for (let k = 0; k < ranges; k++) {
    ends[k] = reader.u32()
    steps[k] = finite(reader.f32())
    if ((ends[k] ?? 0) <= (ends[k - 1] ?? 0)) {
      throw new FrameError('FRAME_PAYLOAD', `range ${k} ends at ${ends[k]}`)
    }
  }
  if (ends.at(-1) !== d) throw new FrameError('FRAME_PAYLOAD', `the ranges end at ${ends.at(-1)}`)
  return { kind: 'signed', ends, steps, signs: readBits(reader.bytes(Math.ceil(d / 8)), d) }
}

function payloadBytes(shape: VectorShape, verdict: Verdict): number {
  const blocks = blockCount(shape.d, shape.block)
  const front = 3 + Math.ceil(verdict.valid.length / 8) + (verdict.nextUnits ? blocks : 0)
  const signBytes = Math.ceil(shape.d / 8)
  switch (verdict.kind) {
    case 'none':
      return front
    case 'signs':
      return front + 4 + signBytes
    case 'scaled':
      return front + blocks + signBytes
    case 'sums': {
      const tables = verdict.tables.reduce((bytes, table) => bytes + 2 + 4 * table.length, 0)
      const planes = sliceRanges(shape.d, shape.block, verdict.valid.length).reduce(
        (bytes, slice) =>
          bytes +
          planeBytes(slice.end - slice.start, planesFor(tableLength(verdict, slice.index) - 1)),
        0,
      )
      return front + 1 + tables + verdict.valid.length + planes
    }
    case 'signed':
      return front + 2 + 8 * verdict.ends.length + signBytes
    case 'sparse': {
      const count = verdict.indices.length
      return front + 4 + indexBytes(count, shape.d) + 4 * count
    }
    case 'dense':
      return front + 4 * shape.d
  }
}

function tableLength(verdict: Verdict & { kind: 'sums' }, slice: number): number {
  const table = verdict.tables[verdict.tableOf[slice] as number]
  if (!table) throw new Error(`verdict: slice ${slice} has no table`)
  return table.length
}
