import { fromLittleEndianBytes, littleEndianBytes } from '../bytes/float32.ts'
import type { FloatVector } from '../methods/method.ts'
import type { Reader, Writer } from './cursor.ts'
import { FrameError } from './frame.ts'

/** No contribution holds a larger float: the sum of them all stays in the range of a float32. */
export const LARGEST_SENT = 2 ** 100
const LARGEST_FLOAT = 3.4028234663852886e38

/** `value` as it is. @throws FrameError unless it is finite. */
export function finite(value: number): number {
  if (!Number.isFinite(value)) throw new FrameError('FRAME_PAYLOAD', `a step of ${value}`)
  return value
}

export function writeFloats(values: FloatVector, writer: Writer): void {
  writer.bytes(littleEndianBytes(Float32Array.from(values)))
}

/** @throws FrameError on NaN, ±Inf and anything beyond ±`most`. */
export function readFloats(reader: Reader, count: number, most = LARGEST_FLOAT): Float32Array {
  const values = fromLittleEndianBytes(reader.bytes(4 * count))
  for (let i = 0; i < values.length; i++) {
    if (!(Math.abs(values[i] ?? NaN) <= most)) {
      throw new FrameError('FRAME_PAYLOAD', `the float ${values[i]}`)
    }
  }
  return values
}

/** ⌈log₂ d⌉: bits that tell d coordinates apart; at least 1. */
export function indexBits(d: number): number {
  return Math.max(1, 32 - Math.clz32(d - 1))
}

export function indexBytes(count: number, d: number): number {
  return Math.ceil((count * indexBits(d)) / 8)
}

/** Indices below d, one after the other, each with its least significant bit first; padding 0. */
export function writeIndices(indices: Uint32Array, d: number, out: Uint8Array): void {
  const bits = indexBits(d)
  out.fill(0)
  let at = 0
  for (const index of indices) {
    for (let bit = 0; bit < bits; bit++, at++) {
      if ((index >>> bit) & 1) out[at >> 3] = (out[at >> 3] ?? 0) | (1 << (at & 7))
    }
  }
}

/** @throws FrameError unless they ascend and are below d. */
export function readIndices(
  reader: Reader,
  { count, d }: { readonly count: number; readonly d: number },
): Uint32Array {
  if (count > d) throw new FrameError('FRAME_PAYLOAD', `${count} of ${d} coordinates`)
  const bits = indexBits(d)
  const bytes = reader.bytes(indexBytes(count, d))
  const indices = new Uint32Array(count)
  let at = 0
  for (let k = 0; k < count; k++) {
    let index = 0
    for (let bit = 0; bit < bits; bit++, at++) {
      index |= (((bytes[at >> 3] ?? 0) >> (at & 7)) & 1) << bit
    }
    if (index >= d || (k > 0 && index <= (indices[k - 1] ?? 0))) {
      throw new FrameError('FRAME_PAYLOAD', `coordinate ${index} of ${d} out of order`)
    }
    indices[k] = index
  }
  return indices
}
