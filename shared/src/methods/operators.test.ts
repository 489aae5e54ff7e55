import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DOMAINS, uniforms } from '../random/streams.ts'
import { probabilities as probabilitiesOf, signsBelow } from '../sign/draw.ts'
import { packSigns, signAt } from '../sign/pack.ts'
import { tallyPlain } from '../tally/count.ts'
import { createMethod } from './create.ts'
import type { FloatVector } from './method.ts'
import { plusOdds } from './ssdm.ts'

const plusProbabilities = (m: FloatVector, ...rest: Tail<Parameters<typeof plusOdds>>) =>
  probabilitiesOf(m, plusOdds(m, ...rest))
type Tail<T extends unknown[]> = T extends [unknown, ...infer Rest] ? Rest : never

interface Majority {
  signs: number[][]
  weights?: number[]
  sum: number[]
  plus?: number[]
  vote?: number[]
  vote_plus?: number[]
}

const golden = JSON.parse(
  readFileSync(new URL('../../golden/operators.json', import.meta.url), 'utf8'),
) as {
  majority_even: Majority
  majority_odd: Majority
  majority_weighted: Majority
  signum: {
    beta: number
    g: number[][]
    m: number[][]
    sign_plus: number[][]
    lr: number
    x: number[][]
  }
  stochastic_sign: { g: number[]; p_plus: number[]; E_times_norm: number[]; norm: number }
  ssdm: {
    beta: number
    gamma: number
    g: number[][][]
    m: number[][][]
    p_plus: (number[] | null)[][]
    example: { s_round1: number[][]; broadcast_sum: number[]; x_after: number[] }
  }
}

const slicesOf = (d: number) => [{ index: 0, start: 0, end: d }]
const layout = (d: number) => ({ size: d, tensors: [{ offset: 0, size: d }] })
const terms = (d: number, round: number) => ({
  runSeed: 1,
  round,
  block: 64,
  slices: slicesOf(d),
  learningRate: 0.1,
  units: null,
  contributor: 0,
  valid: [true],
})
const rules = { zeroRule: 'plus', tieRule: 'plus' } as const
const float64 = { precision: 'float64' } as const
const signsOf = (words: Uint32Array, d: number) =>
  Array.from({ length: d }, (_, i) => signAt(words, i))

function tallyOf(signs: readonly number[][], weights?: readonly number[]) {
  const d = signs[0]?.length ?? 0
  const ballots = signs.map((row, contributor) => ({
    contributor,
    signs: packSigns(Float64Array.from(row), 'plus'),
    weights: weights ? Uint8Array.of(weights[contributor] ?? NaN) : null,
  }))
  return { d, block: 64, slices: slicesOf(d).map((slice) => tallyPlain(slice, 64, ballots)) }
}

describe('majority', () => {
  it.each(['majority_even', 'majority_odd', 'majority_weighted'] as const)('%s', (name) => {
    const { signs, weights, sum, ...votes } = golden[name]
    const tally = tallyOf(signs, weights)
    expect([...(tally.slices[0]?.sums ?? [])]).toEqual(sum)
    const { coordinator } = createMethod({ id: 'signsgd-mv', ...rules }, layout(tally.d), 64)
    const verdict = coordinator.decide(coordinator.init(), tally, terms(tally.d, 0))
    const expected = votes.plus ?? votes.vote ?? votes.vote_plus
    expect(verdict.kind === 'signs' && signsOf(verdict.signs, tally.d)).toEqual(expected)
  })
})

describe('signum', () => {
  it('keeps the golden momentum and casts its signs', () => {
    const { beta, g, m, sign_plus: signs } = golden.signum
    const method = createMethod({ id: 'signum-mv', beta, ...rules }, layout(4), 64, float64)
    const state = method.contributor.init() as { m: FloatVector }
    g.forEach((gradient, t) => {
      const cast = method.contributor.cast(state, Float64Array.from(gradient), terms(4, t))
      expect(signsOf(cast.sent.signs, 4)).toEqual(signs[t])
      const settlement = { kind: 'decided', counted: [true] } as const
      method.contributor.settle(state, cast.pending, settlement, terms(4, t))
      m[t]?.forEach((value, i) => expect(state.m[i]).toBeCloseTo(value, 12))
    })
  })
})

describe('stochastic signs', () => {
  const { g, p_plus: exact, E_times_norm: mean, norm } = golden.stochastic_sign
  const probabilities = plusProbabilities(Float64Array.from(g), 'l2', { ...layout(5), d: 5 })

  it('have the golden probabilities', () => {
    exact.forEach((p, i) => expect(probabilities[i]).toBeCloseTo(p, 12))
  })
  it('come up that often: 1e5 draws of the stream of seed 5, within 4 standard errors', () => {
    const counts = new Array<number>(5).fill(0)
    const chance = new Float64Array(5)
    for (let round = 0; round < 1e5; round++) {
      uniforms(chance, { seed: 5, domain: DOMAINS.stochasticSign, round, contributor: 0 })
      const words = signsBelow(chance, probabilities)
      for (let i = 0; i < 5; i++) counts[i] = (counts[i] ?? 0) + (((words[0] ?? 0) >>> i) & 1)
    }
    exact.forEach((p, i) => {
      const frequency = (counts[i] ?? NaN) / 1e5
      const error = Math.sqrt((p * (1 - p)) / 1e5)
      expect(Math.abs(frequency - p), `coordinate ${i}`).toBeLessThanOrEqual(4 * error)
      expect(Math.abs((2 * frequency - 1) * norm - (mean[i] ?? NaN))).toBeLessThan(8 * error * norm)
    })
  })
  it('follow the sign for certain in one dimension', () => {
    const one = (value: number) =>
      plusProbabilities(Float64Array.of(value), 'l2', { ...layout(1), d: 1 })[0]
    expect([one(1e-30), one(-5)]).toEqual([1, 0])
  })
  it('take the largest of each tensor as norm for "linf-block", and ½ in a tensor of zeros', () => {
    const tensors = [
      { offset: 0, size: 2 },
      { offset: 2, size: 2 },
      { offset: 4, size: 1 },
    ]
    const m = Float64Array.of(4, -2, 0, 0, -3)
    expect([...plusProbabilities(m, 'linf-block', { tensors, d: 5 })]).toEqual([
      1, 0.25, 0.5, 0.5, 0,
    ])
  })
})

describe('ssdm', () => {
  const { beta, g, m, p_plus: probabilities, example, gamma } = golden.ssdm
  const settings = { id: 'ssdm', beta, norm: 'l2' } as const

  it('starts its momentum at the first gradient and has the golden probabilities', () => {
    const method = createMethod(settings, layout(2), 64, float64)
    for (let n = 0; n < 3; n++) {
      const state = method.contributor.init() as { m: FloatVector }
      g.forEach((gradients, t) => {
        const gradient = Float64Array.from(gradients[n] ?? [])
        const cast = method.contributor.cast(state, gradient, { ...terms(2, t), contributor: n })
        const settlement = { kind: 'decided', counted: [true] } as const
        method.contributor.settle(state, cast.pending, settlement, terms(2, t))
        m[t]?.[n]?.forEach((value, i) => expect(state.m[i]).toBeCloseTo(value, 12))
        const expected = probabilities[t]?.[n]
        if (!expected) {
          expect([...(cast.sent.weights ?? [])], 'an all-zero vector votes 0').toEqual([0])
          return
        }
        const actual = plusProbabilities(state.m, 'l2', { ...layout(2), d: 2 })
        expected.forEach((p, i) => expect(actual[i]).toBeCloseTo(p, 12))
      })
    }
  })
  it('sends the sum of votes down, and a step of γ/P for each', () => {
    const { coordinator } = createMethod(settings, layout(2), 64)
    const tally = tallyOf(example.s_round1)
    const at = { ...terms(2, 1), learningRate: gamma }
    const verdict = coordinator.decide(coordinator.init(), tally, at)
    if (verdict.kind !== 'sums') throw new Error(`a verdict of ${verdict.kind}`)
    expect([...verdict.sums]).toEqual(example.broadcast_sum)
    example.x_after.forEach((x, i) => {
      expect(-(verdict.tables[0]?.[(verdict.sums[i] ?? NaN) + 3] ?? NaN)).toBe(Math.fround(x))
    })
  })
})
