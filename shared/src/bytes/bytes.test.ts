import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32, crc32InTables } from './crc32.ts'
import {
  float32Bits,
  float32FromBits,
  fromLittleEndianBytes,
  littleEndianBytes,
} from './float32.ts'
import { toHex } from './hex.ts'
import { sha256Hex } from './sha256.ts'

const ascii = (text: string) => new TextEncoder().encode(text)

describe('hex', () => {
  it('writes two lower-case digits a byte', () => {
    expect(toHex(Uint8Array.of(0, 1, 0xab, 0xff))).toBe('0001abff')
  })
})

/** Bit by bit, as the standard has it. */
function crc32Plain(bytes: Uint8Array, before: number): number {
  let rest = ~before
  for (const byte of bytes) {
    rest ^= byte
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0)
  }
  return ~rest >>> 0
}

describe.each([
  ['the platform’s', crc32],
  ['in tables', crc32InTables],
])('crc32, %s,', (_, crc) => {
  it('has the check value of the standard', () => {
    expect(crc(ascii('123456789'), 0)).toBe(0xcbf43926)
    expect(crc(new Uint8Array(), 0)).toBe(0)
  })
  it('changes with any single bit', () => {
    const anyBit = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.nat(), fc.nat(7))
    fc.assert(
      fc.property(anyBit, ([bytes, at, bit]) => {
        const other = bytes.slice()
        const i = at % bytes.length
        other[i] = (other[i] ?? 0) ^ (1 << bit)
        expect(crc(other, 0)).not.toBe(crc(bytes, 0))
      }),
    )
  })
  it('is the same bit by bit, in one go or in parts, from any offset of a buffer', () => {
    const parts = fc.tuple(fc.uint8Array({ maxLength: 100 }), fc.nat(100), fc.nat(100))
    fc.assert(
      fc.property(parts, ([bytes, from, cut]) => {
        const part = bytes.subarray(Math.min(from, bytes.length))
        const inParts = crc(part.subarray(cut), crc(part.subarray(0, cut), 0))
        expect(inParts).toBe(crc32Plain(part, 0))
      }),
    )
  })
})

describe('sha256Hex', () => {
  it('gives the digest of FIPS 180-4', () => {
    expect(sha256Hex(ascii('abc'))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    )
  })
})

describe('float32', () => {
  it('knows the bits of one, minus zero and infinity', () => {
    expect([1, -0, Infinity].map(float32Bits)).toEqual([0x3f800000, 0x80000000, 0x7f800000])
  })
  it('takes every float32 to its bits and back', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true }), (x) => {
        expect(float32FromBits(float32Bits(x))).toBe(x)
      }),
    )
  })
  it('puts the low byte first, from any offset of a buffer', () => {
    const x = Float32Array.of(9, 1, -2).subarray(1)
    expect([...littleEndianBytes(x)]).toEqual([0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0])
    expect([...fromLittleEndianBytes(littleEndianBytes(x))]).toEqual([1, -2])
  })
  it('copies, so that later changes of the vector do not show', () => {
    const x = Float32Array.of(1)
    const bytes = littleEndianBytes(x)
    x[0] = 2
    expect(toHex(bytes)).toBe('0000803f')
  })
  it('refuses a length that is no multiple of four', () => {
    expect(() => fromLittleEndianBytes(new Uint8Array(5))).toThrow(RangeError)
  })
})
