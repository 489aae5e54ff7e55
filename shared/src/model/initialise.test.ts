import { describe, expect, it } from 'vitest'
import { initialParameters } from './initialise.ts'
import { layoutOf } from './layout.ts'

const digits = { input: [28, 28, 1], classes: 10 } as const

describe('initialParameters', () => {
  it('has the variance of each tensor, and biases of 0 (seed 1, 6 standard errors)', () => {
    const layout = layoutOf({ kind: 'mlp', hidden: [32] }, digits)
    const x = initialParameters(layout, 1)
    expect(layout.tensors.map((tensor) => tensor.initialVariance)).toEqual([2 / 784, 0, 1 / 32, 0])
    for (const { offset, size, initialVariance } of layout.tensors) {
      const values = x.subarray(offset, offset + size)
      const variance = values.reduce((sum, value) => sum + value ** 2, 0) / size
      const error = initialVariance * Math.sqrt(2 / size)
      expect(Math.abs(variance - initialVariance)).toBeLessThanOrEqual(6 * error)
    }
  })
  it('follows from the seed', () => {
    const layout = layoutOf({ kind: 'softmax' }, digits)
    expect(initialParameters(layout, 1)).toEqual(initialParameters(layout, 1))
    expect(initialParameters(layout, 1)).not.toEqual(initialParameters(layout, 2))
  })
})
