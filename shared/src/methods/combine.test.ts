import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coinAt, roundCoins } from '../random/streams.ts'
import { packSignsPlain } from '../sign/pack.ts'
import { bitsOf, someFloats, someLength, someU32 } from '../sign/floats.fixture.ts'
import { blockSizes, combine, combineAndSign, combinePlain } from './combine.ts'
import type { VectorShape } from './shape.ts'

const shapeOf = (d: number, block: number): VectorShape => ({
  d,
  block,
  tensors: [{ offset: 0, size: d }],
  precision: 'float32',
})
const factor = fc.oneof(
  fc.constantFrom(0, 1, 0.9, 1 - 0.9, 3e-3, -2),
  fc.double({ noNaN: true, min: -2, max: 2 }),
)
const input = fc.record({
  seed: fc.nat(),
  d: someLength,
  // Of 4, of 48 and above 512 are none that the kernels measure.
  block: fc.constantFrom(4, 32, 48, 64, 256, 1024, 8192),
  a: factor,
  b: factor,
  coins: fc.option(fc.tuple(someU32, someU32, someU32)),
  sizes: fc.boolean(),
})

describe('combineAndSign', () => {
  it('gives the sum, the signs and the sizes of the plain references, to the bit', () => {
    fc.assert(
      fc.property(input, ({ seed, d, block, a, b, coins, sizes }) => {
        const [x, y] = [someFloats(seed, d), someFloats(seed + 1, d)]
        const shape = shapeOf(d, block)
        const plain = new Float32Array(d)
        combinePlain({ a, x, b, y }, plain)
        const zero = coins ? roundCoins(...coins) : 'plus'
        const alone = combine({ a, x, b, y }, new Float32Array(d)) as Float32Array
        const given = y.slice()
        const made = combineAndSign({ a, x, b, y: given }, { zero, sizes }, shape)
        const tossed = packSignsPlain(plain, (i) => !coins || coinAt(...coins, i))
        const expected = sizes ? blockSizes(plain, shape) : new Float64Array(0)
        expect(bitsOf(made.sum as Float32Array).join() === bitsOf(plain).join()).toBe(true)
        expect(made.signs.join() === tossed.join()).toBe(true)
        expect(made.sizes).toEqual(expected)
        expect(made.sum).toBe(given)
        expect(bitsOf(alone).join() === bitsOf(plain).join()).toBe(true)
      }),
      { numRuns: 40 },
    )
  })
})
