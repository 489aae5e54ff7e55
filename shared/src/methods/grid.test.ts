import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gridByte, gridValue } from './grid.ts'
import { roundHalfEven } from './round-half-even.ts'

describe('grid', () => {
  it('takes every byte to a value and back', () => {
    for (let byte = 0; byte < 256; byte++) expect(gridByte(gridValue(byte))).toBe(byte)
  })
  it('has whole powers of two exactly, and four steps an octave', () => {
    expect([192, 196, 188, 0].map(gridValue)).toEqual([1, 2, 0.5, 2 ** -48])
    expect(gridValue(193)).toBeCloseTo(2 ** 0.25, 15)
    expect(gridValue(255)).toBeCloseTo(2 ** 15.75, 8)
  })
  it('gives the smallest point for zero and clamps at both ends', () => {
    expect([0, 5e-324, 2 ** -48, 1e9, Infinity].map(gridByte)).toEqual([0, 0, 0, 255, 255])
  })
  it('gives the nearest point in the logarithm', () => {
    fc.assert(
      fc.property(fc.double({ min: 2 ** -47, max: 2 ** 15, noNaN: true }), (z) => {
        const quarters = 4 * Math.log2(z) + 192
        expect(Math.abs(gridByte(z) - quarters)).toBeLessThan(0.5 + 1e-9)
      }),
    )
  })
  it('refuses what has no logarithm', () => {
    expect(() => gridByte(-1)).toThrow(RangeError)
    expect(() => gridByte(NaN)).toThrow(RangeError)
  })
})

describe('roundHalfEven', () => {
  it('rounds halves to even and all else to the nearest', () => {
    const rounded = [0.5, 1.5, 2.5, 3.5, -0.5, -1.5, 0.49999999999999994, 15.4].map(roundHalfEven)
    expect(rounded.map((x) => x + 0)).toEqual([0, 2, 2, 4, 0, -2, 0, 15])
  })
})
