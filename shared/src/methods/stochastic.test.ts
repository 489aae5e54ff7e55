/**
 * What methods draw: frequencies over 1e5 rounds of the run's own streams, at stated seeds, within
 * 4.5 standard errors (for 14 comparisons a chance of about 1e-4 that a right implementation fails
 * at a new seed; at these it passes, always).
 */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DOMAINS, gaussians } from '../random/streams.ts'
import { probabilities } from '../sign/draw.ts'
import { createMethod } from './create.ts'
import type { VotingSettings } from './settings.ts'
import { boundedOdds } from './sto-sign.ts'

interface Golden {
  noisy_sign: { g: number[]; b: number; p_plus: number[] }
  sto_sign_fixed_scale: { g: number[]; B: number; p_plus: number[] }
}
const golden = JSON.parse(
  readFileSync(new URL('../../golden/operators.json', import.meta.url), 'utf8'),
) as Golden

const ROUNDS = 100_000

/** How often each coordinate of `g` is voted +1. */
function frequencies(settings: VotingSettings, g: readonly number[], seed: number): number[] {
  const layout = { size: g.length, tensors: [{ offset: 0, size: g.length }] }
  const { contributor } = createMethod(settings, layout, 64)
  const slices = [{ index: 0, start: 0, end: g.length }]
  const counts = g.map(() => 0)
  const state = contributor.init()
  for (let round = 0; round < ROUNDS; round++) {
    const terms = { runSeed: seed, round, block: 64, slices, learningRate: 1, units: null }
    const { sent } = contributor.cast(state, Float64Array.from(g), { ...terms, contributor: 2 })
    counts.forEach((count, i) => {
      counts[i] = count + (((sent.signs[0] ?? 0) >>> i) & 1)
    })
  }
  return counts.map((count) => count / ROUNDS)
}

function expectOften(actual: readonly number[], expected: readonly number[]): void {
  expected.forEach((p, i) => {
    const error = Math.sqrt((p * (1 - p)) / ROUNDS)
    expect(Math.abs((actual[i] ?? NaN) - p), `coordinate ${i}`).toBeLessThanOrEqual(4.5 * error)
  })
}

const coin = { zeroRule: 'coin', tieRule: 'coin' } as const

describe('stochastic signs', () => {
  it('of noisy-signsgd come up as the normal distribution says (seed 11)', () => {
    const { g, b, p_plus: expected } = golden.noisy_sign
    expectOften(frequencies({ id: 'noisy-signsgd', noise: b, ...coin }, g, 11), expected)
  })
  it('of sto-sign have the golden probabilities, and come up so (seed 12)', () => {
    const { g, B, p_plus: expected } = golden.sto_sign_fixed_scale
    const exact = probabilities(Float64Array.from(g), boundedOdds(g.length, B))
    expected.forEach((p, i) => expect(exact[i]).toBeCloseTo(p, 12))
    expectOften(frequencies({ id: 'sto-sign', bound: B, tieRule: 'coin' }, g, 12), expected)
  })
  it('of z-sign with uniform noise are linear within ±σ (seed 13)', () => {
    const sigma = 1.5
    const g = [0.5, -1, 0, 2]
    const expected = g.map((value) => Math.max(0, Math.min(1, 0.5 + value / (2 * sigma))))
    const settings = {
      id: 'z-sign-fedavg',
      distribution: 'uniform',
      sigma,
      zeroRule: 'coin',
    } as const
    expectOften(frequencies(settings, g, 13), expected)
  })
  it('of z-sign with Gaussian noise are those of noisy-signsgd (seed 14)', () => {
    const { g, b, p_plus: expected } = golden.noisy_sign
    const settings = {
      id: 'z-sign-fedavg',
      distribution: 'gaussian',
      sigma: b,
      zeroRule: 'coin',
    } as const
    expectOften(frequencies(settings, g, 14), expected)
  })
  it('of an exact zero are a fair coin (seed 15)', () => {
    expectOften(frequencies({ id: 'signsgd-mv', ...coin }, [0, -0, 0], 15), [0.5, 0.5, 0.5])
  })
})

describe('Gaussian streams', () => {
  it('have mean 0, variance 1 and no correlation in a pair (seed 16, 1e5 pairs)', () => {
    const values = new Float64Array(2 * ROUNDS)
    gaussians(values, { seed: 16, domain: DOMAINS.noise, round: 3, contributor: 1 })
    const n = values.length
    const mean = values.reduce((sum, value) => sum + value, 0) / n
    const variance = values.reduce((sum, value) => sum + value * value, 0) / n
    let product = 0
    for (let i = 0; i < n; i += 2) product += (values[i] ?? 0) * (values[i + 1] ?? 0)
    expect(Math.abs(mean)).toBeLessThan(4.5 / Math.sqrt(n))
    expect(Math.abs(variance - 1)).toBeLessThan(4.5 * Math.sqrt(2 / n))
    expect(Math.abs(product / ROUNDS)).toBeLessThan(4.5 / Math.sqrt(ROUNDS))
    expect(values.every(Number.isFinite)).toBe(true)
  })
  it('are the same by place, whatever length is asked for', () => {
    const place = { seed: 1, domain: DOMAINS.noise, round: 2, contributor: 3 }
    const long = new Float64Array(11)
    const short = new Float64Array(6)
    gaussians(long, place)
    gaussians(short, place)
    expect([...short]).toEqual([...long.subarray(0, 6)])
  })
})
