import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coinAt, roundCoins } from '../random/streams.ts'
import { tile } from '../kernels/tile.ts'
import type { SignedValues } from './pack.ts'
import {
  finite,
  packSigns,
  packSignsInto,
  packSignsInWords,
  packSignsPlain,
  signAt,
  signWordCount,
} from './pack.ts'
import { someFloats, someLength, someU32 } from './floats.fixture.ts'

const golden = JSON.parse(
  readFileSync(new URL('../../golden/operators.json', import.meta.url), 'utf8'),
) as { sign: { x: number[]; rule_plus: number[]; rule_minus: number[] } }

const signsOf = (words: Uint32Array, d: number) =>
  Array.from({ length: d }, (_, i) => signAt(words, i))
const someValues = fc.array(
  fc.oneof(
    fc.constantFrom(0, -0, 1e-45, -1e-45),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
  ),
  { maxLength: 200 },
)

describe('packSigns', () => {
  it('takes 0 and −0 as +1 under "plus", as the golden file does', () => {
    const x = Float64Array.from(golden.sign.x)
    expect(signsOf(packSigns(x, 'plus'), x.length)).toEqual(golden.sign.rule_plus)
    expect(
      signsOf(
        packSigns(x, () => false),
        x.length,
      ),
    ).toEqual(golden.sign.rule_minus)
  })
  it('puts coordinate i in bit i % 32 of word ⌊i / 32⌋, and leaves padding 0', () => {
    const x = new Float32Array(34).fill(-1)
    x[1] = 1
    x[33] = 1
    expect([...packSigns(x, 'plus')]).toEqual([2, 2])
    expect([...packSigns(new Float32Array(33), 'plus')]).toEqual([0xffffffff, 1])
    expect([33, 32, 0].map(signWordCount)).toEqual([2, 1, 0])
  })
  it('tosses a coin for zeros, the one at (seed, round, contributor, coordinate)', () => {
    const x = Float32Array.from({ length: 300 }, (_, i) => (i % 2 ? -0 : 0))
    const words = packSigns(x, roundCoins(9, 4, 2))
    const expected = Array.from(x, (_, i) => (coinAt(9, 4, 2, i) ? 1 : -1))
    expect(signsOf(words, x.length)).toEqual(expected)
    expect(packSigns(x, (i) => coinAt(9, 4, 2, i))).toEqual(words)
  })
  it('agrees with the plain reference on anything finite', () => {
    fc.assert(
      fc.property(someValues, fc.boolean(), (values, plus) => {
        const x = Float32Array.from(values)
        const zero = plus ? 'plus' : roundCoins(1, 2, 3)
        expect(packSigns(x, zero)).toEqual(packSignsPlain(x, zero))
      }),
    )
  })
  it('packs a vector in parts of any length as it packs it whole', () => {
    fc.assert(
      fc.property(someValues, fc.nat(200), (values, cut) => {
        const x = Float64Array.from(values)
        const zero = roundCoins(1, 2, 3)
        const words = new Uint32Array(signWordCount(x.length))
        packSignsInto(words, 0, { values: x.subarray(0, cut), zero })
        packSignsInto(words, Math.min(cut, x.length), { values: x.subarray(cut), zero })
        expect(words).toEqual(packSigns(x, zero))
      }),
    )
  })
})

describe('the signs in WebAssembly', () => {
  const asType: readonly ((values: Float32Array) => SignedValues)[] = [
    (values) => values,
    (values) => Float64Array.from(values, (value) => value * 2 ** -900),
    (values) => Int32Array.from(values, (value) => value * 1e3),
  ]
  const input = fc.record({
    seed: fc.nat(),
    length: someLength,
    start: fc.oneof(fc.constantFrom(0, 32, 64), fc.nat(300)),
    type: fc.constantFrom(...asType),
    coins: fc.option(fc.tuple(someU32, someU32, someU32)),
  })

  it('are those in words and those one by one, wherever they begin', () => {
    expect(tile()).not.toBeNull()
    fc.assert(
      fc.property(input, ({ seed, length, start, type, coins }) => {
        const values = type(someFloats(seed, length))
        const zero = coins ? roundCoins(...coins) : 'plus'
        const plain = packSignsPlain(values, (i) => {
          return !coins || coinAt(...coins, start + i)
        })
        const before = new Uint32Array(signWordCount(start + length) + 1).fill(0xffffffff)
        for (let i = start; i < start + length; i++) {
          before[i >>> 5] = (before[i >>> 5] ?? 0) & ~(1 << (i & 31))
        }
        const [words, inWords] = [before.slice(), before.slice()]
        packSignsInto(words, start, { values, zero })
        packSignsInWords(inWords, start, { values, zero })
        expect(words.join() === inWords.join()).toBe(true)
        const signs = Array.from(plain, () => 0)
        for (let i = 0; i < length; i++) {
          if (signAt(words, start + i) === 1) signs[i >>> 5] = (signs[i >>> 5] ?? 0) + 2 ** (i & 31)
        }
        expect(signs.join() === plain.join()).toBe(true)
      }),
      { numRuns: 40 },
    )
  })
  it('of NaN are −1, as nobody is asked for them', () => {
    const x = Float32Array.of(NaN, Infinity, -Infinity, 1)
    expect([...packSigns(x, 'plus')]).toEqual([0b1010])
    expect(packSigns(x, 'plus')).toEqual(packSignsPlain(x, 'plus'))
  })
})

describe('finite', () => {
  it('finds one in a vector of any length, and none that was there before', () => {
    fc.assert(
      fc.property(someLength, fc.nat(), (length, seed) => {
        const x = someFloats(seed, length)
        const at = seed % length
        x[at] = NaN
        expect(finite(x)).toBe(false)
        x[at] = 2 ** -149
        expect(finite(x)).toBe(true)
      }),
      { numRuns: 20 },
    )
  })
  it('finds one NaN or infinity anywhere', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.constantFrom(NaN, Infinity, -Infinity), (at, bad) => {
        const x = Float32Array.from({ length: 100 }, (_, i) => (i % 3) * -1e38)
        expect(finite(x)).toBe(true)
        x[at] = bad
        expect(finite(x)).toBe(false)
        expect(finite(Float64Array.from(x))).toBe(false)
      }),
    )
  })
})
