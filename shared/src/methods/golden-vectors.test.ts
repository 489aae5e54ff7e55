import { describe, expect, it } from 'vitest'
import { signAt } from '../sign/pack.ts'
import { sumVectors } from './sum-vectors.ts'
import { applyVerdict } from './apply.ts'
import { createMethod } from './create.ts'
import {
  expectClose,
  goldenMethod,
  gradientOf,
  layoutOf,
  PRECISIONS,
  replay,
} from './golden.fixture.ts'
import { localDirection } from './local-steps.ts'
import type { FloatVector, RoundTerms, VectorContribution } from './method.ts'
import type { VectorSettings } from './settings.ts'

const d = replay.x0.length
const { block } = replay
const layout = layoutOf(replay)
const slices = [{ index: 0, start: 0, end: d }]
const rules = { zeroRule: 'plus', tieRule: 'plus' } as const

/** `H`: local steps of the round's learning rate; `unit` of a message: what one of ours is times. */
const METHODS: readonly { id: string; settings: VectorSettings; H?: number }[] = [
  { id: 'sgd', settings: { id: 'sgd' } },
  { id: 'fedavg_H3', settings: { id: 'fedavg' }, H: 3 },
  { id: 'ef_signsgd', settings: { id: 'ef-signsgd', twoWay: false, ...rules } },
  { id: 'ef_signsgd_2way', settings: { id: 'ef-signsgd', twoWay: true, ...rules } },
  { id: 'mem_sgd_top2', settings: { id: 'mem-sgd', select: 'top', share: 2 / d, memory: true } },
]

const CASES = METHODS.flatMap((method) =>
  PRECISIONS.map((precision) => ({ ...method, ...precision })),
)

describe.each(CASES)('$id of replay.json in $precision', (at) => {
  const { id, settings, precision, tolerance, H = 1 } = at
  const expected = goldenMethod(replay, id)
  const lr = precision === 'float64' ? expected.lr : Math.fround(expected.lr)
  const method = createMethod(settings, layout, block, { precision })
  const floats = (values: readonly number[]): FloatVector =>
    precision === 'float64' ? Float64Array.from(values) : Float32Array.from(values)

  it('sends the same messages and takes the same steps', async () => {
    const x = floats(replay.x0)
    const states = replay.h.map(() => method.contributor.init())
    const chair = method.coordinator.init()
    for (let t = 0; t < replay.rounds; t++) {
      const terms: RoundTerms = {
        runSeed: 0,
        round: t,
        block,
        slices,
        learningRate: lr,
        units: null,
      }
      const casts = await Promise.all(
        replay.h.map(async (_, n) => {
          // In float32 gradients are taken at the golden x, as for the votes.
          const start = precision === 'float64' ? x : floats(expected.x[t - 1] ?? replay.x0)
          const { gradient } = await localDirection(
            start,
            { localSteps: H, localLearningRate: lr, weightDecay: 0 },
            (point) => {
              const place = { golden: replay, precision: 'float64' as const, path: expected.x }
              return { gradient: gradientOf(place, point, { t, n }), loss: 0 }
            },
          )
          return method.contributor.cast(states[n], gradient, { ...terms, contributor: n })
        }),
      )
      casts.forEach(({ sent }, n) => {
        const message = asVector(sent).map((value) => (id === 'fedavg_H3' ? lr * value : value))
        expectClose(message, expected.messages?.[t]?.[n] ?? [], tolerance)
      })
      // Given in another order: the sum must not depend on it.
      const named = casts.map(({ sent }, n) => ({ contributor: n, vector: sent })).reverse()
      const merged = sumVectors(named, { d, tensors: layout.tensors, precision })
      const verdict = method.coordinator.decide(chair, merged, { ...terms, valid: [true] })
      casts.forEach(({ pending }, n) => {
        method.contributor.settle(states[n], pending, { kind: 'decided', counted: [true] }, terms)
      })
      applyVerdict(x, verdict, slices, block)
      expectClose(x, expected.x[t] ?? [], tolerance)
    }
    expect.hasAssertions()
  })
})

function asVector(sent: VectorContribution): number[] {
  const values = new Array<number>(d).fill(0)
  if (sent.kind === 'dense') return [...sent.values]
  if (sent.kind === 'sparse') {
    sent.indices.forEach((i, j) => {
      values[i] = sent.values[j] ?? NaN
    })
    return values
  }
  return values.map((_, i) => signAt(sent.signs, i) * (sent.scales[Math.floor(i / block)] ?? NaN))
}
