import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { someFloats, someLength } from '../sign/floats.fixture.ts'
import { euclideanNorm, euclideanNormPlain, largestSize, largestSizePlain } from './norms.ts'

describe('norms', () => {
  it('are those of the plain references, to the bit', () => {
    fc.assert(
      fc.property(fc.nat(), someLength, fc.constantFrom(1, 1e-6, 2 ** -140), (seed, d, scale) => {
        const values = someFloats(seed, d).map((value) => Math.max(-1, Math.min(1, value)) * scale)
        const largest = largestSizePlain(values)
        expect(largestSize(values)).toBe(largest)
        expect(euclideanNorm(values)).toBe(euclideanNormPlain(values, largest))
      }),
      { numRuns: 40 },
    )
  })
  it('are 0 of zeros, and neither overflow nor vanish', () => {
    expect([new Float32Array(9), new Float32Array(0)].map(euclideanNorm)).toEqual([0, 0])
    expect(euclideanNorm(new Float32Array(4).fill(2 ** 120))).toBe(2 ** 121)
    expect(euclideanNorm(new Float32Array(4).fill(2 ** -140))).toBe(2 ** -139)
    expect(euclideanNorm(Float64Array.of(-3, 4))).toBe(5)
  })
})
