import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { learningRateAt } from './schedule.ts'

const linear = { learningRate: 0.003, schedule: 'linear', warmUpRounds: 0, rounds: 400 } as const

describe('learningRateAt', () => {
  it('falls linearly from γ to 5 % of γ', () => {
    expect(learningRateAt(linear, 0)).toBe(Math.fround(0.003))
    expect(learningRateAt(linear, 200)).toBe(Math.fround(0.003 * (1 - (0.95 * 200) / 400)))
    expect(learningRateAt(linear, 400)).toBeCloseTo(0.003 * 0.05, 10)
  })
  it('falls along a half cosine to the same end, or not at all', () => {
    const cosine = { ...linear, schedule: 'cosine' } as const
    expect(learningRateAt(cosine, 0)).toBe(Math.fround(0.003))
    expect(learningRateAt(cosine, 200)).toBeCloseTo(0.003 * 0.525, 9)
    expect(learningRateAt(cosine, 400)).toBeCloseTo(0.003 * 0.05, 10)
    expect(learningRateAt({ ...linear, schedule: 'constant' }, 399)).toBe(Math.fround(0.003))
  })
  it('warms up in equal steps and reaches the schedule with the last of them', () => {
    const warm = { ...linear, schedule: 'constant', warmUpRounds: 4 } as const
    const rates = [0, 1, 2, 3, 4].map((round) => learningRateAt(warm, round))
    expect(rates).toEqual([1, 2, 3, 4, 4].map((n) => Math.fround((0.003 * n) / 4)))
  })
  it('is always a positive float32, never above γ', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('linear', 'constant', 'cosine'),
        fc.nat(2000),
        fc.nat(1000),
        (schedule, round, warmUpRounds) => {
          const rate = learningRateAt({ ...linear, schedule, warmUpRounds }, round)
          expect(rate).toBe(Math.fround(rate))
          expect(rate).toBeGreaterThan(0)
          expect(rate).toBeLessThanOrEqual(Math.fround(0.003))
        },
      ),
    )
  })
})
