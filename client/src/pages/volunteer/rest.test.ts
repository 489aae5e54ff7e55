import { describe, expect, it } from 'vitest'
import { restReason, restStep } from './rest.ts'

const both = { pauseOnBattery: true, pauseOnMetered: true }
const fine = { onBattery: false, metered: false }

describe('the reason to rest', () => {
  it('is only what was chosen and is so', () => {
    expect(restReason(both, fine)).toBeNull()
    expect(restReason(both, { ...fine, onBattery: true })).toBe('battery')
    expect(restReason(both, { ...fine, metered: true })).toBe('metered')
    const neither = { pauseOnBattery: false, pauseOnMetered: false }
    expect(restReason(neither, { onBattery: true, metered: true })).toBeNull()
  })
})

describe('the rest', () => {
  it('begins with the reason and ends with it', () => {
    expect(restStep('metered', { pausedBy: 'me', atWork: true })).toBe('pause')
    expect(restStep('metered', { pausedBy: 'metered', atWork: false })).toBe('nothing')
    expect(restStep(null, { pausedBy: 'metered', atWork: false })).toBe('rest-over')
  })

  it('is not begun again where somebody went on all the same, until the reason has ended', () => {
    expect(restStep('battery', { pausedBy: 'battery', atWork: true })).toBe('nothing')
    expect(restStep(null, { pausedBy: 'battery', atWork: true })).toBe('rest-over')
    expect(restStep('battery', { pausedBy: 'me', atWork: true })).toBe('pause')
    expect(restStep('metered', { pausedBy: 'battery', atWork: true })).toBe('pause')
  })

  it('leaves a pause by hand alone', () => {
    expect(restStep('battery', { pausedBy: 'me', atWork: false })).toBe('nothing')
    expect(restStep(null, { pausedBy: 'me', atWork: false })).toBe('nothing')
  })
})
