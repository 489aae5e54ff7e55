import { describe, expect, it } from 'vitest'
import { signAt } from '../sign/pack.ts'
import { cutBallot, tallyPlain } from '../tally/count.ts'
import { blockCount } from '../tally/slices.ts'
import type { MergedTally } from '../tally/tally.ts'
import { applyVerdict } from './apply.ts'
import { createMethod } from './create.ts'
import { gridValue, gridValues } from './grid.ts'
import {
  edge,
  expectClose,
  goldenMethod,
  gradientOf,
  layoutOf,
  PRECISIONS,
  replay,
  replayUniforms,
  sliceList,
} from './golden.fixture.ts'
import type { Golden, GoldenPlace } from './golden.fixture.ts'
import type { Ballot, Cast, FloatVector, RoundTerms, Verdict, VotingMethod } from './method.ts'
import type { VotingSettings } from './settings.ts'

const rules = { zeroRule: 'plus', tieRule: 'plus' } as const
const efVote = (golden: Golden, down: 'sign' | 'scaled'): VotingSettings => ({
  id: 'ef-vote',
  beta: 0.9,
  kappa: 4,
  tau: golden.tau ?? null,
  errorBound: golden.K,
  floor: 0.05,
  down,
  ...rules,
})

/** What one decided round came to, as the golden files record it. */
interface Played {
  readonly terms: RoundTerms
  readonly casts: ReadonlyMap<number, Cast<Ballot>>
  readonly tally: MergedTally
  readonly verdict: Verdict
  readonly x: readonly number[]
}

interface Run extends GoldenPlace {
  readonly lr: number
  readonly method: VotingMethod
}

/** Plays a golden file's rounds through both halves of a method; returns them and final states. */
function play(run: Run): { rounds: Played[]; states: unknown[] } {
  const { golden, method } = run
  const { block } = golden
  const lr = run.precision === 'float64' ? run.lr : Math.fround(run.lr)
  const slices = sliceList(golden)
  const x =
    run.precision === 'float64' ? Float64Array.from(golden.x0) : Float32Array.from(golden.x0)
  const states = golden.h.map(() => method.contributor.init())
  const chair = method.coordinator.init()
  const opening = { runSeed: 0, round: 0, block, slices, learningRate: lr, units: null }
  const reports = golden.h.map((_, n) =>
    method.contributor.loudness(gradientOf(run, x, { t: 0, n }), opening),
  )
  let units = method.coordinator.calibrates
    ? method.coordinator.calibrate(chair, reports.map(Number))
    : null
  const rounds = Array.from({ length: golden.rounds }, (_, t): Played => {
    const terms = { ...opening, round: t, units }
    const casts = new Map<number, Cast<Ballot>>()
    golden.h.forEach((_, n) => {
      if (golden.here?.[t]?.[n] === false) return
      const gradient = gradientOf(run, x, { t, n })
      casts.set(n, method.contributor.cast(states[n], gradient, { ...terms, contributor: n }))
    })
    const isCounted = (n: number, j: number) => golden.counted?.[t]?.[n]?.[j] ?? true
    const tally = merged(golden, casts, isCounted)
    const valid = slices.map(() => true)
    const verdict = method.coordinator.decide(chair, tally, { ...terms, valid })
    for (const [n, { pending }] of casts) {
      const counted = slices.map((_, j) => isCounted(n, j))
      method.contributor.settle(states[n], pending, { kind: 'decided', counted }, terms)
    }
    units = verdict.nextUnits
    if (verdict.kind === 'sums' && x instanceof Float64Array) stepExactly(x, tally, lr)
    else applyVerdict(x, verdict, slices, block)
    return { terms, casts, tally, verdict, x: [...x] }
  })
  return { rounds, states }
}

function merged(
  golden: Golden,
  casts: ReadonlyMap<number, Cast<Ballot>>,
  isCounted: (n: number, j: number) => boolean,
): MergedTally {
  const { block, x0 } = golden
  const slices = sliceList(golden).map((slice) => {
    const ballots = [...casts].filter(([n]) => isCounted(n, slice.index))
    return tallyPlain(
      slice,
      block,
      ballots.map(([n, { sent: ballot }]) => cutBallot(ballot, slice, block, n)),
    )
  })
  return { d: x0.length, block, slices }
}

/** x −= (γ/P)·tally in float64: a verdict's table of steps is float32. */
function stepExactly(x: Float64Array, { slices }: MergedTally, lr: number): void {
  for (const { slice, sums, voters } of slices) {
    sums.forEach((sum, i) => {
      x[slice.start + i] = (x[slice.start + i] ?? 0) - (lr / voters.length) * sum
    })
  }
}

const votes = (ballot: Ballot, d: number, block: number) =>
  Array.from({ length: d }, (_, i) => {
    const weight = ballot.weights ? (ballot.weights[Math.floor(i / block)] ?? NaN) : 1
    return weight * signAt(ballot.signs, i)
  })

describe.each(PRECISIONS)('replay.json in $precision', ({ precision, tolerance }) => {
  const signMethods: readonly { id: string; settings: VotingSettings }[] = [
    { id: 'signsgd_mv', settings: { id: 'signsgd-mv', ...rules } },
    { id: 'signum_mv', settings: { id: 'signum-mv', beta: 0.9, ...rules } },
    { id: 'ssdm', settings: { id: 'ssdm', beta: 0.9, norm: 'l2' } },
    { id: 'sto_sign_B4', settings: { id: 'sto-sign', bound: 4, tieRule: 'plus' } },
  ]
  it.each(signMethods)('$id sends the same signs and goes the same way', ({ id, settings }) => {
    const expected = goldenMethod(replay, id)
    const options = { precision, uniforms: replayUniforms }
    const method = createMethod(settings, layoutOf(replay), replay.block, options)
    const { rounds } = play({
      golden: replay,
      lr: expected.lr,
      path: expected.x,
      method,
      precision,
    })
    rounds.forEach(({ casts, x }, t) => {
      for (const [n, { sent: ballot }] of casts) {
        expect(votes(ballot, 8, replay.block), `round ${t} of ${n}`).toEqual(
          expected.messages?.[t]?.[n],
        )
      }
      expectClose(x, expected.x[t] ?? [], tolerance)
    })
  })
})

const EF_VOTES = PRECISIONS.flatMap((precision) =>
  [
    { name: 'replay.json', golden: replay },
    { name: 'replay_edge.json', golden: edge },
  ].flatMap((file) => [
    { ...precision, ...file, id: 'ef_vote', down: 'sign' as const },
    { ...precision, ...file, id: 'ef_vote_2way', down: 'scaled' as const },
  ]),
)

describe.each(EF_VOTES)('$id of $name in $precision', ({ golden, id, down, ...at }) => {
  const expected = goldenMethod(golden, id)
  const method = createMethod(efVote(golden, down), layoutOf(golden), golden.block, {
    precision: at.precision,
  })
  const run = { golden, lr: expected.lr, path: expected.x, method, precision: at.precision }
  const { rounds, states } = play(run)

  it('announces the same units', () => {
    rounds.forEach(({ terms }, t) => {
      const units = gridValues(terms.units ?? new Uint8Array())
      expectClose(units, expected.rounds?.[t]?.unit ?? [], 1e-12)
    })
  })
  it('weighs every block alike', () => {
    rounds.forEach(({ casts }, t) => {
      const weights = Object.entries(expected.rounds?.[t]?.weights ?? {})
      expect(weights.length).toBe(casts.size)
      for (const [n, row] of weights) {
        expect([...(casts.get(Number(n))?.sent.weights ?? [])], `round ${t} of ${n}`).toEqual(row)
      }
    })
  })
  it('sends the same messages', () => {
    rounds.forEach(({ casts, terms }, t) => {
      const messages = expected.messages?.[t]
      if (!messages) return
      const units = terms.units ?? new Uint8Array()
      for (const [n, { sent: ballot }] of casts) {
        const decoded = votes(ballot, golden.x0.length, golden.block).map(
          (vote, i) => vote * gridValue(units[Math.floor(i / golden.block)] ?? 0),
        )
        expectClose(decoded, messages[n] ?? [], 1e-12)
      }
    })
  })
  it('counts the same voters and the same sums', () => {
    rounds.forEach(({ tally }, t) => {
      const round = expected.rounds?.[t]
      expect(tally.slices.flatMap(({ sums }) => [...sums])).toEqual(round?.tally)
      if (!round?.voters) return
      const perBlock = tally.slices.flatMap(({ slice, voters }) =>
        Array<number>(blockCount(slice.end - slice.start, golden.block)).fill(voters.length),
      )
      expect(perBlock).toEqual(round.voters)
    })
  })
  it('takes the same steps', () => {
    rounds.forEach(({ verdict, x }, t) => {
      expectClose(x, expected.x[t] ?? [], at.tolerance)
      const scales = expected.rounds?.[t]?.step_scale
      if (verdict.kind === 'scaled') expectClose(gridValues(verdict.steps), scales ?? [], 1e-12)
    })
  })
  it('owes the same at the end', () => {
    states.forEach((state, n) => {
      const { e } = state as { e: FloatVector }
      expectClose(e, expected.e_final?.[n] ?? [], at.tolerance)
    })
  })
})
