import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generator } from '../random/generator.ts'
import { forward } from './forward.ts'
import { initialParameters } from './initialise.ts'
import { layersOf } from './layers.ts'
import { layoutOf } from './layout.ts'
import type { DenseModel } from './plain-gradient.ts'
import { plainGradient } from './plain-gradient.ts'
import type { PlainTensor } from './plain-ops.ts'
import { plainOps, plainTensors } from './plain-ops.ts'
import type { DataShape, ModelSpec } from './spec.ts'

const tensor = (shape: number[], values: number[]): PlainTensor => ({
  shape,
  data: Float32Array.from(values),
})
const digits: DataShape = { input: [28, 28, 1], classes: 10 }

describe('plainOps', () => {
  it('dense: rows times columns plus bias', () => {
    const weights = { weight: tensor([2, 3], [1, 2, 3, 4, 5, 6]), bias: tensor([3], [0, 0, 10]) }
    const output = plainOps.dense(tensor([2, 2], [1, 1, 0, 2]), weights)
    expect([output.shape, [...output.data]]).toEqual([
      [2, 3],
      [5, 7, 19, 8, 10, 22],
    ])
  })
  it('conv2d valid: each window times the kernel, not flipped', () => {
    const input = tensor([1, 3, 3, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9])
    const weights = { weight: tensor([2, 2, 1, 1], [1, 0, 0, 10]), bias: tensor([1], [0.5]) }
    const output = plainOps.conv2d(input, weights, 'valid')
    expect([output.shape, [...output.data]]).toEqual([
      [1, 2, 2, 1],
      [51.5, 62.5, 84.5, 95.5],
    ])
  })
  it('conv2d same: zeros around, (size − 1)/2 before', () => {
    const input = tensor([1, 2, 2, 1], [1, 2, 3, 4])
    const corner = {
      weight: tensor([3, 3, 1, 1], [1, 0, 0, 0, 0, 0, 0, 0, 0]),
      bias: tensor([1], [0]),
    }
    expect([...plainOps.conv2d(input, corner, 'same').data]).toEqual([0, 0, 0, 1])
    const even = { weight: tensor([2, 2, 1, 1], [0, 0, 0, 1]), bias: tensor([1], [0]) }
    expect([...plainOps.conv2d(input, even, 'same').data]).toEqual([4, 0, 0, 0])
  })
  it('conv2d: channels in and filters out', () => {
    const input = tensor([1, 1, 1, 2], [3, 5])
    const weights = { weight: tensor([1, 1, 2, 2], [1, 10, 2, 20]), bias: tensor([2], [0, 1]) }
    expect([...plainOps.conv2d(input, weights, 'same').data]).toEqual([13, 131])
  })
  it('maxPool: the largest of each window, what is left over is cut', () => {
    const input = tensor([1, 3, 3, 1], [1, 2, 9, 4, -5, 9, 9, 9, 9])
    const output = plainOps.maxPool(input, 2)
    expect([output.shape, [...output.data]]).toEqual([[1, 1, 1, 1], [4]])
  })
})

describe('forward', () => {
  const models: ModelSpec[] = [
    { kind: 'softmax' },
    { kind: 'mlp', hidden: [16, 8] },
    { kind: 'lenet5' },
    { kind: 'cnn' },
  ]
  it.each(models)('gives one logit a class: $kind', (model) => {
    const layout = layoutOf(model, digits)
    const tensors = plainTensors(layout, initialParameters(layout, 1))
    const input = { shape: [2, 28, 28, 1], data: new Float32Array(2 * 784).fill(0.5) }
    const logits = forward(plainOps, layersOf(model, digits), tensors, input)
    expect(logits.shape).toEqual([2, 10])
    expect(logits.data.slice(0, 10)).toEqual(logits.data.slice(10))
    expect(logits.data.some((value) => value !== 0)).toBe(true)
  })
  it('refuses tensors of another model', () => {
    const layout = layoutOf({ kind: 'softmax' }, digits)
    const tensors = plainTensors(layout, initialParameters(layout, 1))
    const input = { shape: [1, 28, 28, 1], data: new Float32Array(784) }
    const mlp = layersOf({ kind: 'mlp', hidden: [4] }, digits)
    expect(() => forward(plainOps, mlp, tensors, input)).toThrow(RangeError)
    const tooMany = [...tensors, ...tensors]
    const softmax = layersOf({ kind: 'softmax' }, digits)
    expect(() => forward(plainOps, softmax, tooMany, input)).toThrow(RangeError)
  })
})

const small: DataShape = { input: [2, 3, 1], classes: 4 }

/** Mean cross-entropy by way of `forward`, in float32 activations: a second definition. */
function lossOf(model: DenseModel, x: Float32Array, inputs: Float32Array, labels: Uint8Array) {
  const size = labels.length
  const tensors = plainTensors(layoutOf(model, small), x)
  const input = { shape: [size, 2, 3, 1], data: inputs }
  const { data } = forward(plainOps, layersOf(model, small), tensors, input)
  const losses = Array.from(labels, (label, b) => {
    const row = [...data.slice(4 * b, 4 * b + 4)]
    return Math.log(row.reduce((sum, value) => sum + Math.exp(value), 0)) - (row[label] ?? NaN)
  })
  return losses.reduce((sum, loss) => sum + loss, 0) / size
}

describe('plainGradient', () => {
  const models: DenseModel[] = [
    { kind: 'softmax' },
    { kind: 'mlp', hidden: [5] },
    { kind: 'mlp', hidden: [7, 5] },
  ]
  it.each(models)('agrees with finite differences of the loss: $kind $hidden', (model) => {
    const layout = layoutOf(model, small)
    const chance = generator(6, layout.size)
    const x = initialParameters(layout, 6).map((value) => value + 0.05 * chance.normal())
    const inputs = Float32Array.from({ length: 18 }, () => Math.max(0, chance.normal()))
    const labels = Uint8Array.of(0, 3, 1)
    const { gradient, loss } = plainGradient(model, small, x, { inputs, labels })
    expect(loss).toBeCloseTo(lossOf(model, x, inputs, labels), 6)
    const step = 2 ** -8
    for (let i = 0; i < x.length; i++) {
      const at = (shift: number) => {
        const moved = x.slice()
        moved[i] = (x[i] ?? 0) + shift
        return lossOf(model, moved, inputs, labels)
      }
      const slope = (at(step) - at(-step)) / (2 * step)
      expect(Math.abs((gradient[i] ?? NaN) - slope), `parameter ${i}`).toBeLessThan(1e-4)
    }
  })
  it('is the mean over the batch of the gradients of its records', () => {
    const model: DenseModel = { kind: 'mlp', hidden: [5] }
    const layout = layoutOf(model, small)
    const x = initialParameters(layout, 2)
    const record = fc.tuple(
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 6, maxLength: 6 }),
      fc.nat(3),
    )
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 5 }), (records) => {
        const gradientOf = (some: typeof records) =>
          plainGradient(model, small, x, {
            inputs: Float32Array.from(some.flatMap(([inputs]) => inputs)),
            labels: Uint8Array.from(some.map(([, label]) => label)),
          }).gradient
        const each = records.map((one) => gradientOf([one]))
        gradientOf(records).forEach((value, i) => {
          const sum = each.reduce((all, gradient) => all + (gradient[i] ?? NaN), 0)
          expect(value).toBeCloseTo(sum / records.length, 5)
        })
      }),
    )
  })
  it('stays finite where logits are far apart, and refuses other parameters', () => {
    const model: DenseModel = { kind: 'softmax' }
    const x = new Float32Array(layoutOf(model, small).size)
    x[0] = 1e30
    const batch = { inputs: Float32Array.of(1, 0, 0, 0, 0, 0), labels: Uint8Array.of(1) }
    const { gradient, loss } = plainGradient(model, small, x, batch)
    expect(gradient.every(Number.isFinite)).toBe(true)
    expect(loss).toBeCloseTo(1e30, -23)
    expect(() => plainGradient(model, small, x.slice(1), batch)).toThrow(RangeError)
  })
})
