import { describe, expect, it } from 'vitest'
import { generator, shuffle } from './generator.ts'

const draw = (n: number, next: () => number) => Array.from({ length: n }, next)

describe('generator', () => {
  it('repeats itself for the same seed and path, and for no other', () => {
    const first = (seed: number, ...path: number[]) => draw(6, generator(seed, ...path).uint32)
    expect(first(1, 2, 3)).toEqual(first(1, 2, 3))
    const paths = [first(1), first(2), first(1, 0), first(1, 0, 0), first(1, 2, 3), first(1, 3, 2)]
    expect(new Set(paths.map(String)).size).toBe(paths.length)
  })
  it('draws below n without bias: 70,000 draws below 7, χ² under its .9999 quantile', () => {
    const chance = generator(5)
    const counts = new Array<number>(7).fill(0)
    for (let i = 0; i < 70_000; i++) {
      const value = chance.below(7)
      counts[value] = (counts[value] ?? NaN) + 1
    }
    const chiSquare = counts.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0)
    expect(chiSquare).toBeLessThan(27.9)
  })
  it('draws without bias where words do not divide: a third below a third (5 s.e.)', () => {
    const chance = generator(6)
    const low = draw(3000, () => chance.below(3 * 2 ** 30)).filter((value) => value < 2 ** 30)
    expect(Math.abs(low.length - 1000)).toBeLessThan(5 * Math.sqrt(3000 * (1 / 3) * (2 / 3)))
  })
  it('takes bounds up to 2³² and refuses others', () => {
    expect(generator(1).below(1)).toBe(0)
    expect(generator(1).below(2 ** 32)).toBe(generator(1).uint32())
    for (const n of [0, -1, 1.5, 2 ** 32 + 1, NaN]) {
      expect(() => generator(1).below(n)).toThrow(RangeError)
    }
  })
  it('draws normals of mean 0, variance 1, fourth moment 3 (seed 3, 1e5 draws, 5 s.e.)', () => {
    const values = draw(1e5, generator(3).normal)
    const moment = (power: number) => values.reduce((sum, x) => sum + x ** power, 0) / values.length
    expect(Math.abs(moment(1))).toBeLessThan(5 * Math.sqrt(1 / 1e5))
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / 1e5))
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / 1e5))
  })
})

describe('shuffle', () => {
  it('keeps every element, and reaches all orders of three about equally', () => {
    const chance = generator(11)
    const seen = new Map<string, number>()
    for (let i = 0; i < 6000; i++) {
      const order = Uint32Array.of(0, 1, 2)
      shuffle(order, chance)
      seen.set(order.join(), (seen.get(order.join()) ?? 0) + 1)
    }
    expect(seen.size).toBe(6)
    for (const n of seen.values()) expect(Math.abs(n - 1000)).toBeLessThan(5 * Math.sqrt(1000))
  })
})
