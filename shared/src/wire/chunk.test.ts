import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ChunkError, decodeChunk, encodeChunk } from './chunk.ts'

const expected = { recordSize: 3, classes: 10 }
const chunk = {
  records: 2,
  labels: new Uint8Array([7, 0]),
  features: new Uint8Array([1, 2, 3, 4, 5, 255]),
}

describe('a chunk', () => {
  test('is laid out as its grammar says', () => {
    const header = [0x51, 0x43, 0x48, 0x4b, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]
    expect([...encodeChunk(chunk)]).toEqual([...header, 7, 0, 1, 2, 3, 4, 5, 255])
  })

  test('comes back as it was', () => {
    expect(decodeChunk(encodeChunk(chunk), expected)).toEqual(chunk)
  })

  test('cut anywhere, or longer, is CHUNK_INVALID', () => {
    const bytes = encodeChunk(chunk)
    for (let size = 0; size < bytes.length; size++) {
      expect(() => decodeChunk(bytes.subarray(0, size), expected)).toThrow(ChunkError)
    }
    expect(() => decodeChunk(new Uint8Array([...bytes, 0]), expected)).toThrow(ChunkError)
  })

  test('with another magic, version, record size or a label out of range is CHUNK_INVALID', () => {
    for (const [at, value] of [
      [0, 0],
      [4, 2],
      [6, 1],
      [8, 3],
      [12, 4],
      [16, 10],
    ] as const) {
      const bytes = encodeChunk(chunk)
      bytes[at] = value
      expect(() => decodeChunk(bytes, expected)).toThrow(ChunkError)
    }
  })

  test('of any bytes is refused or read, never anything else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          decodeChunk(bytes, expected)
        } catch (error) {
          expect(error).toBeInstanceOf(ChunkError)
        }
      }),
    )
  })

  test('without records, or with a wrong number of labels, cannot be made', () => {
    expect(() => encodeChunk({ ...chunk, labels: new Uint8Array(3) })).toThrow(ChunkError)
    expect(() =>
      encodeChunk({ records: 0, labels: new Uint8Array(0), features: new Uint8Array(0) }),
    ).toThrow(ChunkError)
  })
})
