import { describe, expect, it } from 'vitest'
import { classify } from './classify.ts'

const data = { input: [1, 2, 1], classes: 3 } as const

describe('classify', () => {
  it('gives the softmax of the logits', () => {
    // weight [2, 3], then bias [3]; logits of (1, 2) are (5, 2, ln 2 + 2).
    const parameters = Float32Array.from([1, 0, 0, 2, 1, 1, 0, 0, Math.LN2])
    const shares = classify({ model: { kind: 'softmax' }, data, parameters }, Float32Array.of(1, 2))
    const sum = Math.exp(5) + Math.exp(2) + 2 * Math.exp(2)
    expect(shares[0]).toBeCloseTo(Math.exp(5) / sum)
    expect(shares[2]).toBeCloseTo((2 * Math.exp(2)) / sum)
    expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1)
  })

  it('stays finite for huge logits', () => {
    const parameters = new Float32Array(9).fill(1e30)
    const shares = classify({ model: { kind: 'softmax' }, data, parameters }, Float32Array.of(1, 1))
    expect(shares).toEqual([1 / 3, 1 / 3, 1 / 3])
  })
})
