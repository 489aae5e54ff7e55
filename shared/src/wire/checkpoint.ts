import { littleEndianBytes } from '../bytes/float32.ts'
import { blockCount } from '../tally/slices.ts'
import { Reader, Writer } from './cursor.ts'
import { FrameError } from './frame.ts'

export interface Checkpoint {
  /** Rounds decided when it was made. */
  readonly round: number
  /** [d] */
  readonly parameters: Float32Array<ArrayBuffer>
  /** Units in force at `round`, one grid byte per block, for methods that have them. */
  readonly units: Uint8Array | null
}

const MAGIC = 0x504b4351 // "QCKP"

/** The public checkpoint file: "QCKP", u32 round, u32 d, u32 bytes of units, parameters, units. */
export function encodeCheckpoint(checkpoint: Checkpoint): Uint8Array<ArrayBuffer> {
  const { round, parameters, units } = checkpoint
  const writer = new Writer(16 + parameters.length * 4 + (units?.length ?? 0))
  writer.u32(MAGIC)
  writer.u32(round)
  writer.u32(parameters.length)
  writer.u32(units?.length ?? 0)
  writer.bytes(littleEndianBytes(parameters))
  if (units) writer.bytes(units)
  return writer.done()
}

/** Checks magic, d, units and size, and that every parameter is finite. @throws FrameError */
export function decodeCheckpoint(
  bytes: Uint8Array,
  expect: { readonly d: number; readonly block: number },
): Checkpoint {
  const reader = new Reader(bytes)
  if (reader.u32() !== MAGIC) throw new FrameError('FRAME_MAGIC', 'not a checkpoint')
  const round = reader.u32()
  const d = reader.u32()
  const unitBytes = reader.u32()
  if (d !== expect.d || (unitBytes !== 0 && unitBytes !== blockCount(d, expect.block))) {
    throw new FrameError(
      'FRAME_PAYLOAD',
      `a checkpoint of ${d} parameters and ${unitBytes} units, ${expect.d} expected`,
    )
  }
  const parameters = new Float32Array(d)
  const body = reader.bytes(4 * d)
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  for (let i = 0; i < d; i++) {
    const value = view.getFloat32(4 * i, true)
    if (!Number.isFinite(value)) throw new FrameError('FRAME_PAYLOAD', `parameter ${i} is ${value}`)
    parameters[i] = value
  }
  const units = unitBytes > 0 ? reader.bytes(unitBytes).slice() : null
  reader.end()
  return { round, parameters, units }
}

/** The units in a checkpoint file that has been checked already; null where it has none. */
export function unitsOfCheckpoint(bytes: Uint8Array): Uint8Array | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const size = view.getUint32(12, true)
  return size > 0 ? bytes.slice(bytes.length - size) : null
}
