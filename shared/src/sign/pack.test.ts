import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coinAt, roundCoins } from '../random/streams.ts'
import { finite, packSigns, packSignsInto, packSignsPlain, signAt, signWordCount } from './pack.ts'

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

describe('finite', () => {
  it('finds one NaN or infinity anywhere', () => {
    fc.assert(
      fc.property(fc.nat(99), fc.constantFrom(NaN, Infinity, -Infinity), (at, bad) => {
        const x = Float32Array.from({ length: 100 }, (_, i) => (i % 3) * -1e38)
        expect(finite(x)).toBe(true)
        x[at] = bad
        expect(finite(x)).toBe(false)
      }),
    )
  })
})
