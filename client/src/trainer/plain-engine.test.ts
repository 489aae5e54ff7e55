import { describe, expect, it } from 'vitest'
import { engineModel } from './engine.ts'
import { PlainEngine } from './plain-engine.ts'

const shape = { input: [1, 2, 1], classes: 2 } as const
const x = Float32Array.of(0.5, -0.5, 0, 0, 0.25, 0)
const inputs = Float32Array.of(1, 0)
const labels = Uint8Array.of(1)

describe('plain engine', () => {
  it('computes the gradient of the worked example', async () => {
    const engine = new PlainEngine()
    await engine.prepare(engineModel({ kind: 'softmax' }, shape))
    const { gradient, loss } = await engine.gradient(x, inputs, labels)
    // logits (.75, −.5), softmax (p, 1 − p) with p = 1/(1 + e^−1.25); label 1
    const p = 1 / (1 + Math.exp(-1.25))
    expect(loss).toBeCloseTo(-Math.log(1 - p), 6)
    const expected = [p, -p, 0, 0, p, -p]
    expected.forEach((value, i) => expect(gradient[i]).toBeCloseTo(value, 6))
  })

  it('says that it cannot train convolutions, and nothing before it is prepared', async () => {
    const engine = new PlainEngine()
    await expect(engine.gradient(x, inputs, labels)).rejects.toMatchObject({ code: 'NOT_PREPARED' })
    const lenet = engineModel({ kind: 'lenet5' }, { input: [28, 28, 1], classes: 10 })
    await expect(engine.prepare(lenet)).rejects.toMatchObject({ code: 'BACKEND_CANNOT_TRAIN' })
  })
})
