import { readFile, stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { CodedError } from '../errors.ts'

export type IdxElements =
  Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array

export interface IdxArray {
  /** `[n, …]`, row-major. */
  readonly dimensions: readonly number[]
  readonly elements: IdxElements
}

/** Largest IDX file that is read, unpacked. */
const MAX_IDX_BYTES = 1024 * 1024 * 1024
const MAX_DIMENSIONS = 8

interface ElementType {
  readonly bytes: number
  read(view: DataView, count: number): IdxElements
}

/** By the third byte of the magic. Source: Y. LeCun, "The IDX file format", with the MNIST files. */
const ELEMENT_TYPES: Readonly<Record<number, ElementType>> = {
  0x08: {
    bytes: 1,
    read: ({ buffer, byteOffset }, count) => new Uint8Array(buffer, byteOffset, count),
  },
  0x09: {
    bytes: 1,
    read: ({ buffer, byteOffset }, count) => new Int8Array(buffer, byteOffset, count),
  },
  0x0b: { bytes: 2, read: (view, n) => new Int16Array(n).map((_, i) => view.getInt16(2 * i)) },
  0x0c: { bytes: 4, read: (view, n) => new Int32Array(n).map((_, i) => view.getInt32(4 * i)) },
  0x0d: { bytes: 4, read: (view, n) => new Float32Array(n).map((_, i) => view.getFloat32(4 * i)) },
  0x0e: { bytes: 8, read: (view, n) => new Float64Array(n).map((_, i) => view.getFloat64(8 * i)) },
}

/**
 * Reads an IDX file, gzipped or not (told by its first bytes).
 *
 * @throws CodedError IDX_UNREADABLE, IDX_TOO_LARGE, IDX_MAGIC, IDX_DIMENSIONS, IDX_SIZE
 */
export async function readIdx(path: string, maxBytes = MAX_IDX_BYTES): Promise<IdxArray> {
  let bytes: Buffer
  try {
    const { size } = await stat(path)
    if (size > maxBytes) throw tooLarge(path, maxBytes)
    bytes = await readFile(path)
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = await unpack(path, bytes, maxBytes)
  } catch (error) {
    if (error instanceof CodedError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new CodedError('IDX_UNREADABLE', `${path}: ${why}`, error)
  }
  return parseIdx(bytes, path)
}

/**
 * `name` is for the message. Ubyte and sbyte elements are views of `bytes`.
 *
 * @public for its tests, which need no files.
 */
export function parseIdx(bytes: Uint8Array, name: string): IdxArray {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const type = bytes.length >= 4 && view.getUint16(0) === 0 ? ELEMENT_TYPES[view.getUint8(2)] : null
  if (!type) {
    const start = Buffer.from(bytes.subarray(0, 4)).toString('hex')
    throw new CodedError('IDX_MAGIC', `${name} begins with ${start || 'nothing'}`)
  }
  const count = view.getUint8(3)
  const headerBytes = 4 + 4 * count
  if (count < 1 || count > MAX_DIMENSIONS) {
    throw new CodedError('IDX_DIMENSIONS', `${name} has ${count} dimensions`)
  }
  if (bytes.length < headerBytes) {
    throw new CodedError('IDX_SIZE', `${name} ends within its header`)
  }
  const dimensions = Array.from({ length: count }, (_, index) => view.getUint32(4 + 4 * index))
  const elements = dimensions.reduce((product, extent) => product * extent, 1)
  const expectedBytes = headerBytes + elements * type.bytes
  if (bytes.length !== expectedBytes) {
    throw new CodedError(
      'IDX_SIZE',
      `${name} has ${bytes.length} bytes; ${dimensions.join(' × ')} elements need ${expectedBytes}`,
    )
  }
  const body = new DataView(bytes.buffer, bytes.byteOffset + headerBytes, elements * type.bytes)
  return { dimensions, elements: type.read(body, elements) }
}

async function unpack(path: string, bytes: Buffer, maxBytes: number): Promise<Buffer> {
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: maxBytes })
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(path, maxBytes)
    throw error
  }
}

function tooLarge(path: string, maxBytes: number): CodedError {
  return new CodedError('IDX_TOO_LARGE', `${path} has more than ${maxBytes} bytes`)
}
