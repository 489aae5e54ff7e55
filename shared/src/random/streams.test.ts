import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { philox } from './philox.ts'
import { DOMAINS, coinAt, coinWords, roundCoins, streamWords, uniforms } from './streams.ts'
import { someU32 } from '../sign/floats.fixture.ts'

const place = { seed: 7, domain: DOMAINS.stochasticSign, round: 3, contributor: 2 }

describe('streamWords', () => {
  const input = fc.record({
    place: fc.record({
      seed: someU32,
      domain: fc.constantFrom(...Object.values(DOMAINS)),
      round: someU32,
      contributor: someU32,
    }),
    firstBlock: fc.integer({ min: 0, max: 2 ** 32 - 6000 }),
    blocks: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 2040, max: 4100 })),
  })
  it('are those of Philox, block by block', () => {
    fc.assert(
      fc.property(input, ({ place, firstBlock, blocks }) => {
        const words = new Uint32Array(4 * blocks)
        streamWords(words, place, firstBlock)
        const expected = new Uint32Array(4 * blocks)
        for (let b = 0; b < blocks; b++) {
          const counter = [firstBlock + b, place.round, place.contributor, 0] as const
          philox(counter, [place.seed, place.domain], expected, 4 * b)
        }
        expect(words.join() === expected.join()).toBe(true)
      }),
      { numRuns: 40 },
    )
  })
})

describe('uniforms', () => {
  it('a coordinate has the same value wherever the filling begins', () => {
    const all = new Float32Array(100)
    uniforms(all, place)
    fc.assert(
      fc.property(fc.nat(99), fc.nat(20), (first, length) => {
        const part = new Float32Array(Math.min(length, 100 - first))
        uniforms(part, place, first)
        expect(part).toEqual(all.slice(first, first + part.length))
      }),
    )
  })
  it('are the same in float32 and in float64', () => {
    const single = new Float32Array(50)
    const double = new Float64Array(50)
    uniforms(single, place)
    uniforms(double, place)
    expect([...single]).toEqual([...double])
  })
  it('lie in [0, 1), with mean ½ and variance 1/12 (seed 7, 1e5 draws, 5 standard errors)', () => {
    const out = new Float64Array(1e5)
    uniforms(out, place)
    const mean = out.reduce((sum, u) => sum + u, 0) / out.length
    const variance = out.reduce((sum, u) => sum + (u - 0.5) ** 2, 0) / out.length
    expect(out.every((u) => u >= 0 && u < 1)).toBe(true)
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / 1e5))
    expect(Math.abs(variance - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / 1e5))
  })
  it('differ between seeds, domains, rounds and contributors', () => {
    const places = [
      place,
      { ...place, seed: 8 },
      { ...place, domain: DOMAINS.tie },
      { ...place, round: 4 },
      { ...place, contributor: 3 },
    ]
    const firsts = places.map((one) => {
      const out = new Float64Array(1)
      uniforms(out, one)
      return out[0]
    })
    expect(new Set(firsts).size).toBe(places.length)
  })
})

describe('coins', () => {
  it('a coin is one bit of its word', () => {
    const words = roundCoins(1, 2, 3)
    for (const i of [0, 31, 32, 127, 128, 1000]) {
      expect(coinAt(1, 2, 3, i)).toBe(((words.wordAt(i >>> 5) >>> (i & 31)) & 1) === 1)
    }
  })
  it('a word does not depend on the words asked for before', () => {
    const forward = coinWords(place)
    const values = [0, 1, 5, 9].map((word) => forward.wordAt(word))
    const backward = coinWords(place)
    expect([9, 5, 1, 0].map((word) => backward.wordAt(word)).reverse()).toEqual(values)
  })
  it("the coordinator's tosses are not contributor 0's", () => {
    expect(roundCoins(1, 0, null).wordAt(0)).not.toBe(roundCoins(1, 0, 0).wordAt(0))
  })
  it('are fair (seed 1, 64,000 tosses, 5 standard errors)', () => {
    const coins = roundCoins(1, 0, 0)
    let heads = 0
    for (let word = 0; word < 2000; word++) {
      for (let bits = coins.wordAt(word); bits !== 0; bits = (bits & (bits - 1)) >>> 0) heads++
    }
    expect(Math.abs(heads - 32_000)).toBeLessThan(5 * Math.sqrt(64_000 / 4))
  })
})
