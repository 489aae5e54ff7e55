import { describe, expect, it } from 'vitest'
import type { Generator } from '../random/generator.ts'
import { generator } from '../random/generator.ts'
import { FastModel } from './fast-model.ts'
import { forward } from './forward.ts'
import { initialParameters } from './initialise.ts'
import { layersOf } from './layers.ts'
import { layoutOf } from './layout.ts'
import type { DenseModel, PlainBatch } from './plain-gradient.ts'
import { plainGradient } from './plain-gradient.ts'
import { plainOps, plainTensors } from './plain-ops.ts'
import type { DataShape, ModelSpec } from './spec.ts'

const digits: DataShape = { input: [28, 28, 1], classes: 10 }

/** Images most of whose pixels are 0, as in MNIST. */
function batchOf(size: number, { input, classes }: DataShape, chance: Generator): PlainBatch {
  const record = input.reduce((all, extent) => all * extent, 1)
  return {
    inputs: Float32Array.from({ length: size * record }, () =>
      Math.max(0, 2 * chance.uniform() - 1.2),
    ),
    labels: Uint8Array.from({ length: size }, () => chance.below(classes)),
  }
}

function parametersOf(model: ModelSpec, shape: DataShape, chance: Generator): Float32Array {
  const layout = layoutOf(model, shape)
  return initialParameters(layout, 3).map((value) => value + 0.02 * chance.normal())
}

/** Largest difference, relative to the largest value. */
function difference(one: Float32Array, other: Float32Array): number {
  const most = (values: Float32Array) => values.reduce((m, v) => Math.max(m, Math.abs(v)), 0)
  return most(one.map((value, i) => value - (other[i] ?? NaN))) / most(one)
}

describe('FastModel', () => {
  const dense: DenseModel[] = [
    { kind: 'softmax' },
    { kind: 'mlp', hidden: [32] },
    { kind: 'mlp', hidden: [21, 6, 9] },
  ]
  it.each(dense)('has the gradient of the plain reference: $kind $hidden', (model) => {
    const chance = generator(4, 4)
    const fast = new FastModel(model, digits)
    for (const size of [32, 1, 5]) {
      const x = parametersOf(model, digits, chance)
      const batch = batchOf(size, digits, chance)
      const expected = plainGradient(model, digits, x, batch)
      const { gradient, loss } = fast.gradient(x, batch)
      expect(difference(expected.gradient, gradient)).toBeLessThan(1e-5)
      expect(loss).toBeCloseTo(expected.loss, 6)
      // The coin is tossed for exact zeros: there must be neither more nor fewer.
      expect(gradient.map((g) => Number(g === 0))).toEqual(
        expected.gradient.map((g) => Number(g === 0)),
      )
    }
  })

  const all: ModelSpec[] = [...dense, { kind: 'lenet5' }, { kind: 'cnn' }]
  it.each(all)('has the logits of the plain operations: $kind $hidden', (model) => {
    const chance = generator(5, 5)
    const x = parametersOf(model, digits, chance)
    const { inputs } = batchOf(2, digits, chance)
    const tensors = plainTensors(layoutOf(model, digits), x)
    const input = { shape: [2, 28, 28, 1], data: inputs }
    const expected = forward(plainOps, layersOf(model, digits), tensors, input).data
    const fast = new FastModel(model, digits)
    expect(difference(expected, fast.logits(x, inputs, 2))).toBeLessThan(1e-5)
    const exact = Float64Array.from(inputs)
    expect(fast.logits(x, exact, 2)).toEqual(fast.logits(x, inputs, 2))
  })

  it.each<ModelSpec>([{ kind: 'lenet5' }, { kind: 'cnn' }])(
    'has a gradient that predicts the loss a small step away: $kind',
    (model) => {
      const chance = generator(6, 6)
      const x = parametersOf(model, digits, chance)
      const batch = batchOf(3, digits, chance)
      const fast = new FastModel(model, digits)
      const { gradient } = fast.gradient(x, batch)
      for (const { offset, size } of layoutOf(model, digits).tensors) {
        // Along one tensor's own gradient, so that a mistake in one layer is not lost in another.
        const part = gradient.subarray(offset, offset + size)
        const norm = Math.sqrt(part.reduce((sum, g) => sum + g * g, 0))
        expect(norm).toBeGreaterThan(0)
        const lossAt = (step: number) => {
          const moved = x.slice()
          part.forEach((g, i) => {
            moved[offset + i] = (moved[offset + i] ?? 0) + (step * g) / norm
          })
          return fast.gradient(moved, batch).loss
        }
        const slope = (lossAt(2e-4) - lossAt(-2e-4)) / 4e-4
        expect(Math.abs(slope / norm - 1)).toBeLessThan(0.02)
      }
    },
  )

  it('refuses the parameters of another model', () => {
    const fast = new FastModel({ kind: 'softmax' }, digits)
    expect(() => fast.logits(new Float32Array(7), new Float32Array(784), 1)).toThrow(RangeError)
  })
})
