/** Where methods go when contributors disagree: the papers' counter-examples, and ours. */
import { describe, expect, it } from 'vitest'
import { cutBallot, tallyPlain } from '../tally/count.ts'
import { sumVectors } from './sum-vectors.ts'
import { applyVerdict } from './apply.ts'
import { createMethod } from './create.ts'
import type { MethodOptions } from './create.ts'
import { methodSettings } from './settings.ts'
import type { MethodSettings } from './settings.ts'
import type { Cast, ContributorTerms, Verdict } from './method.ts'

const BLOCK = 64

interface Problem {
  readonly x0: readonly number[]
  /** The gradients of the contributors at x. */
  readonly gradients: readonly ((x: Float64Array) => readonly number[])[]
  readonly rounds: number
  readonly rate: (t: number) => number
}

/** The path of a method on a problem, x after every round; float64, everybody counted. */
function path(
  settings: MethodSettings,
  problem: Problem,
  options: Pick<MethodOptions, 'tieRule'> = {},
): number[][] {
  const d = problem.x0.length
  const layout = { size: d, tensors: [{ offset: 0, size: d }] }
  const method = createMethod(settings, layout, BLOCK, { ...options, precision: 'float64' })
  const slice = { index: 0, start: 0, end: d }
  const x = Float64Array.from(problem.x0)
  const states = problem.gradients.map(() => method.contributor.init())
  const chair = method.coordinator.init()
  const at = (t: number, units: Uint8Array | null) => ({
    ...{ runSeed: 4, round: t, block: BLOCK, slices: [slice], learningRate: problem.rate(t) },
    ...{ units, valid: [true] },
  })
  const gradient = (n: number) => Float64Array.from(problem.gradients[n]?.(x) ?? [])
  const reports = states.map((_, n) => method.contributor.loudness(gradient(n), at(0, null)) ?? 0)
  let units = method.coordinator.calibrates ? method.coordinator.calibrate(chair, reports) : null
  return Array.from({ length: problem.rounds }, (_, t) => {
    const terms = at(t, units)
    const cast = <Sent>(half: {
      cast(state: unknown, g: Float64Array, terms: ContributorTerms): Cast<Sent>
    }) => states.map((state, n) => half.cast(state, gradient(n), { ...terms, contributor: n }))
    let verdict: Verdict
    let casts: Cast[]
    if (method.kind === 'votes') {
      const voted = cast(method.contributor)
      const ballots = voted.map(({ sent }, n) => cutBallot(sent, slice, BLOCK, n))
      const tally = { d, block: BLOCK, slices: [tallyPlain(slice, BLOCK, ballots)] }
      verdict = method.coordinator.decide(chair, tally, terms)
      casts = voted
    } else {
      const sent = cast(method.contributor)
      const named = sent.map((one, n) => ({ contributor: n, vector: one.sent }))
      const merged = sumVectors(named, { d, tensors: layout.tensors, precision: 'float64' })
      verdict = method.coordinator.decide(chair, merged, terms)
      casts = sent
    }
    casts.forEach(({ pending }, n) => {
      const settlement = { kind: 'decided', counted: [true] } as const
      method.contributor.settle(states[n], pending, settlement, terms)
    })
    units = verdict.nextUnits
    applyVerdict(x, verdict, [slice], BLOCK)
    return [...x]
  })
}

const settings = (id: MethodSettings['id'], own: object = {}) =>
  methodSettings.parse({ id, ...own })

describe('two contributors of the SSDM paper', () => {
  const A = [
    [1.5, -0.5],
    [-0.5, 1.5],
  ] as const
  const dot = (a: readonly number[], x: ArrayLike<number>) =>
    (a[0] ?? 0) * (x[0] ?? 0) + (a[1] ?? 0) * (x[1] ?? 0)
  const f = (x: readonly number[]) => A.reduce((sum, a) => sum + dot(a, x) ** 2 / 2, 0)
  const problem: Problem = {
    x0: [1, 1],
    gradients: A.map((a) => (x) => a.map((component) => component * dot(a, x))),
    rounds: 3000,
    rate: (t) => 0.05 * (1 - (0.99 * t) / 3000),
  }
  const end = (...args: Parameters<typeof path>) => path(...args).at(-1) ?? []

  it('majority vote that holds at ties stays on the line x₁ + x₂ = 2, with f ≥ 1', () => {
    for (const x of path(settings('signsgd-mv'), problem, { tieRule: 'hold' })) {
      expect(x[0]! + x[1]!).toBeCloseTo(2, 9)
      expect(f(x)).toBeGreaterThanOrEqual(1 - 1e-9)
    }
  })
  it('majority vote whose ties are +1 diverges', () => {
    const constant = { ...problem, rounds: 400, rate: () => 0.05 }
    const x = end(settings('signsgd-mv', { zeroRule: 'plus', tieRule: 'plus' }), constant)
    expect(f(x)).toBeGreaterThan(300)
  })
  it.each([
    ['ssdm', {}],
    ['ef-signsgd', {}],
    ['ef-signsgd', { twoWay: true }],
    ['ef-vote', { kappa: 8, tau: null }],
    ['ef-vote', {}],
    ['sgd', {}],
  ] as const)('%s %o reaches the minimum', (id, own) => {
    expect(f(end(settings(id, own), problem))).toBeLessThan(0.01)
  })
})

describe('three parabolas ½(x − a)² with a = 0, 0, 3', () => {
  const problem: Problem = {
    x0: [2.5],
    gradients: [0, 0, 3].map((a) => (x) => [(x[0] ?? 0) - a]),
    rounds: 4000,
    rate: (t) => 0.05 * (1 - (0.99 * t) / 4000),
  }
  /** The mean of the last 200 rounds. */
  const stop = (id: MethodSettings['id'], own: object = {}) => {
    const last = path(settings(id, own), problem).slice(-200)
    return last.reduce((sum, x) => sum + (x[0] ?? NaN), 0) / last.length
  }

  it.each([
    ['signsgd-mv', {}],
    ['ssdm', {}],
    ['ef-vote', { kappa: 4, tau: 2 }],
  ] as const)('%s %o stops at the median', (id, own) => {
    expect(Math.abs(stop(id, own))).toBeLessThan(0.05)
  })
  it.each([
    ['ef-vote', { kappa: 4, tau: null }],
    ['ef-signsgd', {}],
    ['ef-signsgd', { twoWay: true }],
    ['sgd', {}],
  ] as const)('%s %o stops at the mean', (id, own) => {
    expect(Math.abs(stop(id, own) - 1)).toBeLessThan(0.05)
  })
})
