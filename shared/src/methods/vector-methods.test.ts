import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { signAt } from '../sign/pack.ts'
import { sumVectors } from './sum-vectors.ts'
import type { NamedVector } from './sum-vectors.ts'
import type { ContributorTerms, FloatVector, MergedVectors, VectorContribution } from './method.ts'
import { applyVerdict } from './apply.ts'
import { createMethod } from './create.ts'
import { drawnIndices, largestIndices } from './mem-sgd.ts'
import { SavedStateError } from './saved-state.ts'
import type { VectorSettings } from './settings.ts'

const D = 40
const BLOCK = 64
const tensors = [
  { offset: 0, size: 30 },
  { offset: 30, size: 10 },
]
const layout = { size: D, tensors }
const slices = [{ index: 0, start: 0, end: D }]
const coin = { zeroRule: 'coin', tieRule: 'coin' } as const
const ALL: readonly VectorSettings[] = [
  { id: 'sgd' },
  { id: 'fedavg' },
  { id: 'ef-signsgd', twoWay: false, ...coin },
  { id: 'ef-signsgd', twoWay: true, ...coin },
  { id: 'mem-sgd', select: 'top', share: 0.1, memory: true },
  { id: 'mem-sgd', select: 'random', share: 0.1, memory: true },
  { id: 'mem-sgd', select: 'top', share: 0.1, memory: false },
]
const float64 = { precision: 'float64' } as const

const terms = (contributor = 0, round = 0, learningRate = 0.125): ContributorTerms => ({
  ...{ runSeed: 9, round, block: BLOCK, slices, learningRate, units: null, contributor },
})
const valid = [true]
const counted = { kind: 'decided', counted: [true] } as const
const notCounted = { kind: 'decided', counted: [false] } as const
const gradientAt = (n: number, t: number) =>
  Float64Array.from({ length: D }, (_, i) => Math.sin(7 * n + 3 * t + i * i) * (1 + (i % 5)))
const merge = (vectors: readonly NamedVector[], precision: 'float32' | 'float64'): MergedVectors =>
  sumVectors(vectors, { d: D, tensors, precision })

describe.each(ALL)('$id, two-way $twoWay, $select, memory $memory', (settings) => {
  const { contributor, coordinator } = createMethod(settings, layout, BLOCK)

  it('changes no state by casting, nor by a void round', () => {
    const state = contributor.init()
    const before = structuredClone(state)
    const { pending } = contributor.cast(state, gradientAt(0, 0), terms())
    contributor.settle(state, pending, { kind: 'void' }, terms())
    expect(state).toEqual(before)
  })
  it('sends the same again from the same state and gradient', () => {
    const cast = () => contributor.cast(contributor.init(), gradientAt(1, 2), terms()).sent
    expect(cast()).toEqual(cast())
  })
  it('restores the state it saved, to the bit, and refuses other bytes', () => {
    const { sent } = contributor.cast(contributor.init(), gradientAt(0, 1), terms())
    const state = coordinator.init()
    const merged = merge([{ contributor: 3, vector: sent }], 'float32')
    coordinator.decide(state, merged, { ...terms(), valid })
    const saved = coordinator.save(state)
    const restored = coordinator.restore(saved)
    expect(coordinator.save(restored)).toEqual(saved)
    expect(coordinator.decide(restored, merged, { ...terms(), valid })).toEqual(
      coordinator.decide(state, merged, { ...terms(), valid }),
    )
    expect(() => coordinator.restore(new Uint8Array(saved.length + 1))).toThrow(SavedStateError)
  })
  it('moves nothing, and keeps its state, where the round is below quorum', () => {
    const { sent } = contributor.cast(contributor.init(), gradientAt(0, 1), terms())
    const state = coordinator.init()
    const before = structuredClone(state)
    const merged = merge([{ contributor: 3, vector: sent }], 'float32')
    const verdict = coordinator.decide(state, merged, { ...terms(), valid: [false] })
    const x = new Float32Array(D).fill(1)
    applyVerdict(x, verdict, slices, BLOCK)
    expect(x).toEqual(new Float32Array(D).fill(1))
    expect(state).toEqual(before)
  })
})

/** What of a contribution lies at each coordinate. */
function asVector(sent: VectorContribution): Float64Array {
  const values = new Float64Array(D)
  if (sent.kind === 'dense') values.set(sent.values)
  if (sent.kind === 'sparse') sent.indices.forEach((i, j) => (values[i] = sent.values[j] ?? NaN))
  if (sent.kind === 'signed') {
    tensors.forEach(({ offset, size }, t) => {
      for (let i = offset; i < offset + size; i++) {
        values[i] = signAt(sent.signs, i) * (sent.scales[t] ?? NaN)
      }
    })
  }
  return values
}

describe('what is owed', () => {
  const owing = ALL.filter(
    (settings) => settings.id === 'ef-signsgd' || (settings.id === 'mem-sgd' && settings.memory),
  )
  const owed = (state: unknown) => Object.values(state as Record<string, FloatVector>)[0] ?? []

  it.each(owing)('$id: counted, the rest of p; not counted, all of it', (settings) => {
    const { contributor } = createMethod(settings, layout, BLOCK, float64)
    const p = gradientAt(2, 0).map((g) => 0.125 * g)
    for (const settlement of [counted, notCounted]) {
      const state = contributor.init()
      const { sent, pending } = contributor.cast(state, gradientAt(2, 0), terms())
      contributor.settle(state, pending, settlement, terms())
      const took = settlement === counted ? asVector(sent) : new Float64Array(D)
      const expected = p.map((value, i) => value - (took[i] ?? 0))
      expect([...owed(state)]).toEqual([...expected])
    }
  })

  it.each(owing)(
    '$id, two-way $twoWay: x − mean e − e_s is where plain SGD would be, to 1e-12',
    (settings) => {
      const M = 4
      const { contributor, coordinator } = createMethod(settings, layout, BLOCK, float64)
      const x = Float64Array.from({ length: D }, (_, i) => Math.cos(i))
      const plain = x.slice()
      const states = Array.from({ length: M }, () => contributor.init())
      const chair = coordinator.init()
      for (let t = 0; t < 50; t++) {
        // A learning rate that changes is what a naive implementation gets wrong.
        const at = terms(0, t, 0.1 / (1 + t))
        const casts = states.map((state, n) =>
          contributor.cast(state, gradientAt(n, t), { ...at, contributor: n }),
        )
        const merged = merge(
          casts.map(({ sent }, n) => ({ contributor: n, vector: sent })),
          'float64',
        )
        applyVerdict(x, coordinator.decide(chair, merged, { ...at, valid }), slices, BLOCK)
        casts.forEach(({ pending }, n) => contributor.settle(states[n], pending, counted, at))
        plain.forEach((value, i) => {
          const mean = states.reduce<number>((sum, _, n) => sum + (gradientAt(n, t)[i] ?? 0), 0) / M
          plain[i] = value - at.learningRate * mean
        })
      }
      const chairOwes = chair === null ? [] : owed(chair)
      x.forEach((value, i) => {
        const mean = states.reduce<number>((sum, state) => sum + (owed(state)[i] ?? 0), 0) / M
        expect(Math.abs(value - mean - (chairOwes[i] ?? 0) - (plain[i] ?? NaN))).toBeLessThan(1e-12)
      })
    },
  )

  it('forgets what was not sent where there is no memory', () => {
    const settings = { id: 'mem-sgd', select: 'top', share: 0.1, memory: false } as const
    const { contributor } = createMethod(settings, layout, BLOCK)
    const state = contributor.init()
    for (const settlement of [counted, notCounted]) {
      const { pending } = contributor.cast(state, gradientAt(0, 0), terms())
      contributor.settle(state, pending, settlement, terms())
      expect([...owed(state)].every((value) => value === 0)).toBe(true)
    }
  })
})

describe('sums', () => {
  it('are the same to the bit in whatever order vectors come', () => {
    const vectors = Array.from({ length: 6 }, (_, n): NamedVector => {
      const values = Float32Array.from(gradientAt(n, 1), (g) => g * 10 ** (5 * (n % 3)))
      return { contributor: n, vector: { kind: 'dense', values } }
    })
    const expected = merge(vectors, 'float32')
    fc.assert(
      fc.property(fc.shuffledSubarray(vectors, { minLength: 6 }), (shuffled) => {
        expect(merge(shuffled, 'float32')).toEqual(expected)
      }),
    )
  })
  it('of sparse vectors are the union of their coordinates', () => {
    const sparse = (contributor: number, entries: Record<number, number>): NamedVector => ({
      contributor,
      vector: {
        kind: 'sparse',
        indices: Uint32Array.from(Object.keys(entries), Number),
        values: Float32Array.from(Object.values(entries)),
      },
    })
    const { voters, sum } = merge(
      [sparse(7, { 3: 1, 9: 2 }), sparse(2, { 9: -2, 30: 4 })],
      'float32',
    )
    expect(voters).toEqual([2, 7])
    expect(sum).toEqual({
      kind: 'sparse',
      indices: Uint32Array.of(3, 9, 30),
      values: Float32Array.of(1, 0, 4),
    })
  })
  it('of many sparse vectors come down dense, where that is shorter', () => {
    const all: VectorSettings = { id: 'mem-sgd', select: 'top', share: 1, memory: true }
    const { contributor, coordinator } = createMethod(all, layout, BLOCK)
    const { sent } = contributor.cast(contributor.init(), gradientAt(0, 0), terms())
    const merged = merge([{ contributor: 1, vector: sent }], 'float32')
    expect(coordinator.decide(null, merged, { ...terms(), valid }).kind).toBe('dense')
  })
})

describe('coordinates that mem-sgd sends', () => {
  it('are the k largest in size; of equal ones the lower', () => {
    expect([...largestIndices(Float64Array.of(1, -3, 3, 0, 2, -3), 3)]).toEqual([1, 2, 5])
    expect([...largestIndices(Float64Array.of(1, -3, 3, 0, 2, -3), 2)]).toEqual([1, 2])
    expect([...largestIndices(new Float64Array(4), 2)]).toEqual([0, 1])
  })
  it('are as the plain rule says, for any vector', () => {
    const vector = fc.array(fc.integer({ min: -4, max: 4 }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(vector, fc.nat(), (values, seed) => {
        const k = 1 + (seed % values.length)
        const plain = values
          .map((value, i) => ({ size: Math.abs(value), i }))
          .sort((a, b) => b.size - a.size || a.i - b.i)
          .slice(0, k)
          .map(({ i }) => i)
          .sort((a, b) => a - b)
        expect([...largestIndices(Float64Array.from(values), k)]).toEqual(plain)
      }),
    )
  })
  it('are drawn without replacement, each as often: 2e4 rounds of seed 3, within 4.5 errors', () => {
    const [k, d, rounds] = [3, 12, 20_000]
    const counts = new Array<number>(d).fill(0)
    for (let round = 0; round < rounds; round++) {
      const indices = [...drawnIndices(k, d, 3, round)]
      expect(new Set(indices).size).toBe(k)
      for (const i of indices) counts[i] = (counts[i] ?? 0) + 1
    }
    const p = k / d
    const error = Math.sqrt((p * (1 - p)) / rounds)
    for (const count of counts) expect(Math.abs(count / rounds - p)).toBeLessThan(4.5 * error)
  })
})
