/** operators.json: rules for signs, methods that sum floats, and what a majority comes to. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { coinAt, roundCoins } from '../random/streams.ts'
import { packSigns, signAt } from '../sign/pack.ts'
import { tallySlice } from '../tally/count.ts'
import { applyVerdict } from './apply.ts'
import { createMethod } from './create.ts'
import { drawnIndices } from './mem-sgd.ts'
import type { FloatVector, RoundTerms } from './method.ts'
import type { VectorSettings } from './settings.ts'
import { sumVectors } from './sum-vectors.ts'

interface Golden {
  sign: { x: number[]; rule_plus: number[] }
  ef_sign: {
    lr: number
    x0: number[]
    steps: { g: number[]; scale: number; sign: number[]; e: number[]; x: number[] }[]
  }
  memsgd_top2: {
    lr: number
    d: number
    k: number
    steps: { g: number[]; idx: number[]; sent: number[]; e: number[] }[]
  }
  memsgd_rand2: { p: number[]; idx: number[]; sent: number[]; e: number[] }
  fedavg: { x: number[]; local: number[][]; n: number[]; weighted: number[]; unweighted: number[] }
  odd_even_identity: { rho: number; l: number; E_2lminus1: number; E_2l: number }[]
  mv_error_bound: { M: number; rho: number; P_correct_tie_half: number }[]
}
const golden = JSON.parse(
  readFileSync(new URL('../../golden/operators.json', import.meta.url), 'utf8'),
) as Golden

const slicesOf = (d: number) => [{ index: 0, start: 0, end: d }]
const termsOf = (d: number, learningRate: number, round = 0): RoundTerms => ({
  ...{ runSeed: 1, round, block: 64, slices: slicesOf(d), learningRate, units: null },
})
const counted = { kind: 'decided', counted: [true] } as const
const close = (actual: Iterable<number>, expected: readonly number[]) => {
  const values = [...actual]
  expect(values.length).toBe(expected.length)
  values.forEach((value, i) => expect(value).toBeCloseTo(expected[i] ?? NaN, 12))
}

function methodOf(settings: VectorSettings, d: number) {
  const layout = { size: d, tensors: [{ offset: 0, size: d }] }
  return createMethod(settings, layout, 64, { precision: 'float64' })
}

describe('the sign of zero', () => {
  const { x, rule_plus: plus } = golden.sign

  it('is +1 by the papers’ rule, for −0.0 too', () => {
    const words = packSigns(Float64Array.from(x), 'plus')
    expect(x.map((_, i) => signAt(words, i))).toEqual(plus)
  })
  it('is a coin by ours, and everything else as it is', () => {
    const words = packSigns(Float64Array.from(x), roundCoins(1, 2, 3))
    const expected = x.map((value, i) =>
      value === 0 ? (coinAt(1, 2, 3, i) ? 1 : -1) : Math.sign(value),
    )
    expect(x.map((_, i) => signAt(words, i))).toEqual(expected)
  })
})

describe('ef-signsgd, one contributor', () => {
  it('has the golden scales, signs and owed errors, and steps', () => {
    const { lr, x0, steps } = golden.ef_sign
    const d = x0.length
    const rules = { zeroRule: 'plus', tieRule: 'plus' } as const
    const { contributor, coordinator } = methodOf({ id: 'ef-signsgd', twoWay: false, ...rules }, d)
    const state = contributor.init() as { e: FloatVector }
    const x = Float64Array.from(x0)
    for (const step of steps) {
      const terms = { ...termsOf(d, lr), contributor: 0 }
      const { sent, pending } = contributor.cast(state, Float64Array.from(step.g), terms)
      if (sent.kind !== 'signed') throw new Error(`sent ${sent.kind}`)
      close(sent.scales, [step.scale])
      expect(x0.map((_, i) => signAt(sent.signs, i))).toEqual(step.sign)
      const shape = { d, tensors: [{ offset: 0, size: d }], precision: 'float64' } as const
      const merged = sumVectors([{ contributor: 0, vector: sent }], shape)
      const verdict = coordinator.decide(null, merged, { ...terms, valid: [true] })
      applyVerdict(x, verdict, slicesOf(d), 64)
      contributor.settle(state, pending, counted, terms)
      close(state.e, step.e)
      close(x, step.x)
    }
  })
})

describe('mem-sgd', () => {
  it('sends the golden top 2 and remembers the rest', () => {
    const { lr, d, k, steps } = golden.memsgd_top2
    const settings = { id: 'mem-sgd', select: 'top', share: k / d, memory: true } as const
    const { contributor } = methodOf(settings, d)
    const state = contributor.init() as { m: FloatVector }
    for (const step of steps) {
      const terms = { ...termsOf(d, lr), contributor: 0 }
      const { sent, pending } = contributor.cast(state, Float64Array.from(step.g), terms)
      if (sent.kind !== 'sparse') throw new Error(`sent ${sent.kind}`)
      expect([...sent.indices]).toEqual(step.idx)
      close(
        sent.values,
        step.idx.map((i) => step.sent[i] ?? NaN),
      )
      contributor.settle(state, pending, counted, terms)
      close(state.m, step.e)
    }
  })
  it('sends what is drawn as it is, without rescaling', () => {
    const { p, idx, sent: expected, e } = golden.memsgd_rand2
    const d = p.length
    const round = Array.from({ length: 1000 }, (_, t) => t).find(
      (t) => drawnIndices(2, d, 1, t).join() === idx.join(),
    )
    const settings = { id: 'mem-sgd', select: 'random', share: 2 / d, memory: true } as const
    const { contributor } = methodOf(settings, d)
    const state = contributor.init() as { m: FloatVector }
    const terms = { ...termsOf(d, 1, round), contributor: 0 }
    const { sent, pending } = contributor.cast(state, Float64Array.from(p), terms)
    if (sent.kind !== 'sparse') throw new Error(`sent ${sent.kind}`)
    expect([...sent.indices]).toEqual(idx)
    close(
      sent.values,
      idx.map((i) => expected[i] ?? NaN),
    )
    contributor.settle(state, pending, counted, terms)
    close(state.m, e)
  })
})

describe('fedavg', () => {
  const { x: start, local, n, weighted, unweighted } = golden.fedavg
  const d = start.length
  const total = n.reduce((sum, count) => sum + count, 0)

  it.each([
    ['shares of the data', n.map((count) => (count * n.length) / total), weighted],
    ['equal shares', n.map(() => 1), unweighted],
  ] as const)('takes the mean of displacements by %s', (_, shares, expected) => {
    const { contributor, coordinator } = methodOf({ id: 'fedavg' }, d)
    const terms = termsOf(d, 1)
    const vectors = local.map((own, number) => {
      const displacement = Float64Array.from(
        own,
        (value, i) => ((start[i] ?? NaN) - value) * (shares[number] ?? NaN),
      )
      const at = { ...terms, contributor: number }
      return { contributor: number, vector: contributor.cast(null, displacement, at).sent }
    })
    const shape = { d, tensors: [{ offset: 0, size: d }], precision: 'float64' } as const
    const verdict = coordinator.decide(null, sumVectors(vectors, shape), {
      ...terms,
      valid: [true],
    })
    const x = Float64Array.from(start)
    applyVerdict(x, verdict, slicesOf(d), 64)
    close(x, expected)
  })
})

/** The tally where the first k of M vote +1 and the others −1, for k = 0..M. */
function tallyBySupport(M: number): Int32Array {
  const d = M + 1
  const ballots = Array.from({ length: M }, (_, voter) => ({
    contributor: voter,
    signs: packSigns(
      Float64Array.from({ length: d }, (_, k) => (voter < k ? 1 : -1)),
      'plus',
    ),
    weights: null,
  }))
  return tallySlice({ index: 0, start: 0, end: d }, 64, ballots).sums
}

/** P(k of M are right) where each is with probability rho. */
function binomial(M: number, k: number, rho: number): number {
  let log = k * Math.log(rho) + (M - k) * Math.log(1 - rho)
  for (let i = 1; i <= k; i++) log += Math.log(M - k + i) - Math.log(i)
  return Math.exp(log)
}

/** The expected sign of a majority of M, ties counting 0. */
function expectedVote(M: number, rho: number): number {
  return tallyBySupport(M).reduce(
    (sum, votes, k) => sum + binomial(M, k, rho) * Math.sign(votes),
    0,
  )
}

describe('a majority of independent voters', () => {
  it.each(golden.odd_even_identity)('of $rho: 2·$l voters are worth as much as one fewer', (at) => {
    expect(expectedVote(2 * at.l - 1, at.rho)).toBeCloseTo(at.E_2lminus1, 9)
    expect(expectedVote(2 * at.l, at.rho)).toBeCloseTo(at.E_2l, 9)
  })
  it.each(golden.mv_error_bound)('$M of $rho are right as often as Condorcet says', (at) => {
    expect((1 + expectedVote(at.M, at.rho)) / 2).toBeCloseTo(at.P_correct_tie_half, 9)
  })
})
