import { describe, expect, test } from 'vitest'
import { weightFault } from './ballot-weights.ts'
import { methodSettings } from './settings.ts'

const units = Uint8Array.of(192, 192)
const zeros = Uint8Array.of(0, 0)

describe('weights that a method refuses', () => {
  test('a majority vote has no weights', () => {
    for (const id of ['signsgd-mv', 'signum-mv'] as const) {
      const method = methodSettings.parse({ id })
      expect(weightFault(method, null, null)).toBeNull()
      expect(weightFault(method, zeros, null)).toBe('WITH_WEIGHTS')
    }
  })

  test('ssdm votes without weights, or with 0 for its all-zero vector, and never louder', () => {
    const method = methodSettings.parse({ id: 'ssdm' })
    expect(weightFault(method, null, null)).toBeNull()
    expect(weightFault(method, zeros, null)).toBeNull()
    expect(weightFault(method, Uint8Array.of(1, 2), null)).toBe('OVER_BUDGET')
  })

  test('EF-Vote has weights, within τW/κ on the mean of equal units', () => {
    const method = methodSettings.parse({ id: 'ef-vote', kappa: 4, tau: 2 })
    expect(weightFault(method, null, units)).toBe('WITHOUT_WEIGHTS')
    expect(weightFault(method, Uint8Array.of(15, 0), units)).toBeNull()
    expect(weightFault(method, Uint8Array.of(15, 1), units)).toBe('OVER_BUDGET')
    expect(weightFault(method, zeros, null)).toBe('OVER_BUDGET')
  })
})
