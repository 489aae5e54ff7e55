import { methodSettings } from '@quorate/shared/methods/settings'
import { describe, expect, it } from 'vitest'
import { bytesPerHour, firstDownloadBytes } from './estimate.ts'

const method = methodSettings.parse({ id: 'ef-vote' })
const settings = { method, groupSize: 8, minRoundMs: 250, partition: { kind: 'label' } } as const

describe('the estimate', () => {
  it('of the demo: (25,450 / 8 bytes · 3.5 + 2,500) four times a second', () => {
    const run = { d: 25_450, settings, roundMs: 250 }
    expect(bytesPerHour(run)).toBeCloseTo((3181.25 * 3.5 + 2500) * 4 * 3600, -2)
  })

  it('of floats: four bytes a parameter each way', () => {
    const sgd = { ...settings, method: methodSettings.parse({ id: 'sgd' }) }
    const run = { d: 400_000, settings: sgd, roundMs: 1000 }
    expect(bytesPerHour(run)).toBeCloseTo((8 * 400_000 + 2500) * 3600, -2)
  })

  it('never assumes rounds shorter than the run allows', () => {
    const at = (roundMs: number) => bytesPerHour({ d: 1000, settings, roundMs })
    expect(at(10)).toBe(at(250))
  })

  it('is not made up while no round has been timed', () => {
    expect(bytesPerHour({ d: 1000, settings, roundMs: null })).toBeNull()
  })

  it('shares the data among those present, except where everyone draws from all of it', () => {
    const data = { records: 60_000, input: [28, 28, 1] as const }
    const first = (contributors: number, kind: 'label' | 'shared') =>
      firstDownloadBytes({ d: 0, contributors, settings: { partition: { kind } } }, data)
    expect(first(0, 'label') - first(1, 'label')).toBeCloseTo(60_000 * 785 * 0.5)
    expect(first(9, 'shared')).toBe(first(0, 'shared'))
  })
})
