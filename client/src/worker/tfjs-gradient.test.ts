/** What tfjs computes, on the backends that run without a browser, against our own gradients. */
import { fileURLToPath } from 'node:url'
import { FastModel } from '@quorate/shared/model/fast-model'
import { initialParameters } from '@quorate/shared/model/initialise'
import type { DataShape, ModelSpec } from '@quorate/shared/model/spec'
import { generator } from '@quorate/shared/random/generator'
import { beforeAll, describe, expect, test } from 'vitest'
import { engineModel } from '../trainer/engine.ts'
import { UploadedBatch } from './batch-tensors.ts'
import { loadBackend, tf } from './tf.ts'
import { tfjsGradient } from './tfjs-gradient.ts'
import { registerWasmConvGradient } from './wasm-conv-gradient.ts'

const digits: DataShape = { input: [28, 28, 1], classes: 10 }
const models: readonly ModelSpec[] = [
  { kind: 'softmax' },
  { kind: 'mlp', hidden: [16, 8] },
  { kind: 'lenet5' },
  { kind: 'cnn' },
]

function batchOf(size: number) {
  const chance = generator(7)
  return {
    inputs: Float32Array.from({ length: size * 784 }, () =>
      Math.max(0, 2 * chance.uniform() - 1.2),
    ),
    labels: Uint8Array.from({ length: size }, () => chance.below(10)),
  }
}

const backends = {
  cpu: () => loadBackend('cpu'),
  wasm: async () => {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm')
    setWasmPaths(fileURLToPath(new URL('./', import.meta.resolve('@tensorflow/tfjs-backend-wasm'))))
    registerWasmConvGradient()
  },
}
const cases = (['cpu', 'wasm'] as const).flatMap((backend) =>
  models.map((spec) => ({ backend, kind: spec.kind, spec })),
)

describe.each(cases)('the gradient of $kind on $backend', ({ backend, spec }) => {
  beforeAll(async () => {
    await backends[backend]()
    expect(await tf.setBackend(backend)).toBe(true)
  })

  test('is the plain one, within 1e-5 of the largest of each tensor, and leaves no tensor', async () => {
    const model = engineModel(spec, digits)
    const x = initialParameters(model.layout, 3)
    const batch = batchOf(2)
    const own = new FastModel(spec, digits).gradient(x, batch)
    const before = tf.memory().numTensors
    const { gradient, loss } = await tfjsGradient(model, x, batch)
    expect(tf.memory().numTensors).toBe(before)
    expect(loss).toBeCloseTo(own.loss, 5)
    for (const { offset, size } of model.layout.tensors) {
      let [largest, apart] = [0, 0]
      for (let i = offset; i < offset + size; i++) {
        const expected = own.gradient[i] ?? NaN
        largest = Math.max(largest, Math.abs(expected))
        apart = Math.max(apart, Math.abs((gradient[i] ?? NaN) - expected))
      }
      expect(apart).toBeLessThanOrEqual(1e-5 * largest)
    }
  })
})

test('of a batch uploaded before, the gradient is the same to the bit; closed, nothing is left', async () => {
  const model = engineModel({ kind: 'mlp', hidden: [8] }, digits)
  const x = initialParameters(model.layout, 3)
  const batch = batchOf(3)
  const expected = await tfjsGradient(model, x, batch)
  const before = tf.memory().numTensors
  const uploaded = new UploadedBatch(model, batch)
  expect(tf.memory().numTensors).toBe(before + 2)
  expect(await tfjsGradient(model, x, batch)).toEqual(expected)
  expect(await tfjsGradient(model, x, batch), 'used twice').toEqual(expected)
  uploaded.close(true)
  expect(tf.memory().numTensors).toBe(before)
  expect(await tfjsGradient(model, x, batch), 'and after that made anew').toEqual(expected)
})
