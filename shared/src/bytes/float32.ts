/** The IEEE 754 bits of `x` rounded to float32, as an unsigned 32-bit integer. */
export function float32Bits(x: number): number {
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, x)
  return view.getUint32(0)
}

/** The float32 whose bits are `bits` (0..2³²−1); NaNs come back as some NaN. */
export function float32FromBits(bits: number): number {
  const view = new DataView(new ArrayBuffer(4))
  view.setUint32(0, bits)
  return view.getFloat32(0)
}

/** A copy of `x` as little-endian bytes, four a value: what digests and files hold. */
export function littleEndianBytes(x: Float32Array): Uint8Array {
  if (isLittleEndian()) return new Uint8Array(x.buffer, x.byteOffset, x.byteLength).slice()
  const bytes = new Uint8Array(4 * x.length)
  const view = new DataView(bytes.buffer)
  x.forEach((value, i) => view.setFloat32(4 * i, value, true))
  return bytes
}

/** The values of little-endian bytes; the inverse of `littleEndianBytes`. */
export function fromLittleEndianBytes(bytes: Uint8Array): Float32Array {
  if (bytes.length % 4 !== 0) throw new RangeError(`${bytes.length} bytes are no float32 vector`)
  const copy = bytes.slice()
  if (isLittleEndian()) return new Float32Array(copy.buffer)
  const view = new DataView(copy.buffer)
  return Float32Array.from({ length: copy.length / 4 }, (_, i) => view.getFloat32(4 * i, true))
}

let littleEndian: boolean | null = null

/** Whether this machine keeps a number's low byte first, as the wire does. */
export function isLittleEndian(): boolean {
  littleEndian ??= new Uint8Array(Uint16Array.of(1).buffer)[0] === 1
  return littleEndian
}
