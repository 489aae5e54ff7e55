/**
 * The file of a chunk, little-endian: magic "QCHK" · version u16 · reserved u16 · records u32 ·
 * record size u32 · labels u8[records] · features u8[records × record size]. Features are divided
 * by 255 by whoever computes with them.
 */
export interface Chunk {
  readonly records: number
  /** One class per record. */
  readonly labels: Uint8Array
  /** `[records, record size]`, row-major, 0..255. */
  readonly features: Uint8Array
}

/** A chunk's bytes are not a chunk of this run. */
export class ChunkError extends Error {
  readonly code = 'CHUNK_INVALID'
}

const MAGIC = 0x4b484351
const VERSION = 1
const CHUNK_HEADER_BYTES = 16

export function encodeChunk(chunk: Chunk): Uint8Array {
  const { records, labels, features } = chunk
  const recordSize = features.length / records
  if (labels.length !== records || records < 1 || !Number.isInteger(recordSize)) {
    throw new ChunkError(
      `${records} records do not have ${labels.length} labels and ${features.length} features`,
    )
  }
  const bytes = new Uint8Array(CHUNK_HEADER_BYTES + labels.length + features.length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, MAGIC, true)
  view.setUint16(4, VERSION, true)
  view.setUint32(8, records, true)
  view.setUint32(12, recordSize, true)
  bytes.set(labels, CHUNK_HEADER_BYTES)
  bytes.set(features, CHUNK_HEADER_BYTES + labels.length)
  return bytes
}

/**
 * The records of a chunk, as views of `bytes`.
 *
 * @throws ChunkError when the bytes are not exactly one chunk with records of `recordSize` bytes
 * and labels below `classes`.
 */
export function decodeChunk(
  bytes: Uint8Array,
  expected: { readonly recordSize: number; readonly classes: number },
): Chunk {
  if (bytes.length < CHUNK_HEADER_BYTES) throw new ChunkError(`only ${bytes.length} bytes`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0, true) !== MAGIC) throw new ChunkError('the magic is not QCHK')
  const version = view.getUint16(4, true)
  if (version !== VERSION) throw new ChunkError(`version ${version}, expected ${VERSION}`)
  if (view.getUint16(6, true) !== 0) throw new ChunkError('the reserved bytes are not 0')
  const records = view.getUint32(8, true)
  const recordSize = view.getUint32(12, true)
  if (recordSize !== expected.recordSize) {
    throw new ChunkError(`records of ${recordSize} bytes, expected ${expected.recordSize}`)
  }
  const sizeBytes = CHUNK_HEADER_BYTES + records * (1 + recordSize)
  if (records < 1 || bytes.length !== sizeBytes) {
    throw new ChunkError(`${bytes.length} bytes for ${records} records, expected ${sizeBytes}`)
  }
  const labels = bytes.subarray(CHUNK_HEADER_BYTES, CHUNK_HEADER_BYTES + records)
  const wrong = labels.find((label) => label >= expected.classes)
  if (wrong !== undefined) {
    throw new ChunkError(`a label is ${wrong}; there are ${expected.classes} classes`)
  }
  return { records, labels, features: bytes.subarray(CHUNK_HEADER_BYTES + records) }
}
