import { isLittleEndian } from '../bytes/float32.ts'
import { FrameError } from './frame.ts'

/**
 * The first `size` bits of sign words as ⌈size/8⌉ bytes, bit i % 8 of byte ⌊i/8⌋; padding 0.
 * Writes into `out`.
 */
export function writeBits(words: Uint32Array, size: number, out: Uint8Array): void {
  const bytes = Math.ceil(size / 8)
  out.set(littleEndian(words).subarray(0, bytes))
  if (size % 8 !== 0) out[bytes - 1] = (out[bytes - 1] as number) & ((1 << (size % 8)) - 1)
}

/**
 * The sign words of `size` bits; padding bits are ignored, and 0 in what is returned. They are
 * written into `words`, where it is given: ⌈size/32⌉ of them.
 */
export function readBits(
  bytes: Uint8Array,
  size: number,
  words: Uint32Array = new Uint32Array(Math.ceil(size / 32)),
): Uint32Array {
  const last = words.length - 1
  words[last] = 0
  new Uint8Array(words.buffer, words.byteOffset).set(bytes.subarray(0, Math.ceil(size / 8)))
  if (!isLittleEndian()) swap(words)
  if (size % 32 !== 0) words[last] = words[last] & ((2 ** (size % 32) - 1) >>> 0)
  return words
}

/** The bytes of words, the least significant first: a view where the machine has them so. */
function littleEndian(words: Uint32Array): Uint8Array {
  if (isLittleEndian()) return new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
  const swapped = words.slice()
  swap(swapped)
  return new Uint8Array(swapped.buffer)
}

/** Turns the bytes of each word round, in place. */
function swap(words: Uint32Array): void {
  const view = new DataView(words.buffer, words.byteOffset, words.byteLength)
  for (let i = 0; i < words.length; i++) words[i] = view.getUint32(4 * i, true)
}

/** Values 0..15, two a byte, the first in the low half. */
export function writeNibbles(values: Uint8Array, out: Uint8Array): void {
  out.fill(0)
  for (let i = 0; i < values.length; i++) {
    out[i >> 1] = (out[i >> 1] as number) | ((values[i] as number) << ((i & 1) * 4))
  }
}

export function readNibbles(bytes: Uint8Array, count: number): Uint8Array {
  const values = new Uint8Array(count)
  for (let i = 0; i < count; i++) values[i] = ((bytes[i >> 1] as number) >> ((i & 1) * 4)) & 15
  return values
}

export function planeBytes(size: number, planes: number): number {
  return Math.ceil(size / 8) * planes
}

/** values[start..end) as `planes` bit planes, least significant first. */
export function writePlanes(
  values: Int32Array,
  range: { start: number; end: number; planes: number },
  out: Uint8Array,
): void {
  const size = range.end - range.start
  const stride = Math.ceil(size / 8)
  for (let plane = 0; plane < range.planes; plane++) {
    for (let byte = 0; byte < stride; byte++) {
      const from = byte * 8
      const count = Math.min(8, size - from)
      let bits = 0
      for (let k = 0; k < count; k++) {
        bits |= (((values[range.start + from + k] as number) >>> plane) & 1) << k
      }
      out[plane * stride + byte] = bits
    }
  }
}

/**
 * The reverse of `writePlanes`, into `values`.
 *
 * @throws FrameError when a value exceeds `greatest`.
 */
export function readPlanes(
  bytes: Uint8Array,
  range: { start: number; end: number; planes: number; greatest: number },
  values: Int32Array,
): void {
  const size = range.end - range.start
  const stride = Math.ceil(size / 8)
  for (let i = 0; i < size; i++) {
    let value = 0
    for (let plane = 0; plane < range.planes; plane++) {
      value |= (((bytes[plane * stride + (i >> 3)] as number) >>> (i & 7)) & 1) << plane
    }
    if (value > range.greatest) {
      throw new FrameError(
        'FRAME_PAYLOAD',
        `a sum of ${value} where at most ${range.greatest} is possible`,
      )
    }
    values[range.start + i] = value
  }
}
