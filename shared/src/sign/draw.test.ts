import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generator } from '../random/generator.ts'
import { DOMAINS, roundCoins, uniforms } from '../random/streams.ts'
import type { Odds } from './draw.ts'
import { drawSigns, drawSignsPlain, noisedSigns, noisedSignsPlain } from './draw.ts'
import { someFloats, someLength, someU32 } from './floats.fixture.ts'

const somePlace = fc.record({ seed: someU32, round: someU32, contributor: someU32 })

/** Parts of any length that cover d coordinates, each with odds of its own. */
function someOdds(seed: number, d: number): Odds[] {
  const random = generator(seed, 1)
  const odds: Odds[] = []
  for (let start = 0; start < d;) {
    const end = Math.min(d, start + 1 + random.below(random.below(2) ? 40 : 9000))
    const divisor = [1, 1e-3, 2 ** -140, 1e38, 0.02 / 3][random.below(5)] ?? 1
    odds.push({ start, end, factor: random.below(2) ? 1 : 0.5, divisor })
    start = end
  }
  return odds
}

describe('drawSigns', () => {
  it('draws what the plain reference draws, whatever the odds and where they change', () => {
    fc.assert(
      fc.property(fc.nat(), someLength, somePlace, (seed, d, at) => {
        const values = someFloats(seed, d)
        const odds = someOdds(seed, d)
        const place = { ...at, domain: DOMAINS.stochasticSign }
        const plain = drawSignsPlain(values, odds, place)
        expect(drawSigns(values, odds, place).join() === plain.join()).toBe(true)
      }),
      { numRuns: 40 },
    )
  })
  it('draws −1 where the uniform is the probability itself', () => {
    const place = { seed: 3, domain: DOMAINS.stochasticSign, round: 1, contributor: 2 }
    const u = new Float32Array(64)
    uniforms(u, place)
    // ½ + (u − ½) / 1 is u, exactly.
    const values = u.map((value) => value - 0.5)
    const odds = [{ start: 0, end: 64, factor: 1, divisor: 1 }]
    expect([...drawSigns(values, odds, place)]).toEqual([0, 0])
    const above = values.map((value) => value + 2 ** -24)
    expect([...drawSigns(above, odds, place)]).toEqual([0xffffffff, 0xffffffff])
  })
})

describe('noisedSigns', () => {
  const input = fc.record({
    seed: fc.nat(),
    d: someLength,
    at: somePlace,
    sigma: fc.constantFrom(0, 1e-3, 0.02 / 3, 1, 1e30),
    coin: fc.boolean(),
  })
  it('are those of the plain reference, zeros too', () => {
    fc.assert(
      fc.property(input, ({ seed, d, at, sigma, coin }) => {
        const values = someFloats(seed, d)
        const zero = coin ? roundCoins(at.seed, at.round, at.contributor) : 'plus'
        const noise = { sigma, place: { ...at, domain: DOMAINS.noise }, zero } as const
        const plain = noisedSignsPlain(values, noise)
        expect(noisedSigns(values, noise).join() === plain.join()).toBe(true)
      }),
      { numRuns: 40 },
    )
  })
})
