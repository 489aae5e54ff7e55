import { describe, expect, it } from 'vitest'
import { noSession } from '../../session/view.ts'
import { float32Times, trafficRows } from './traffic.ts'

const traffic = {
  ...noSession.traffic,
  ballotsSent: 10,
  ballotsReceived: 20,
  talliesSent: 3,
  verdictsReceived: 15,
  controlSent: 1,
  controlReceived: 2,
  downloads: 100,
}

describe('the traffic', () => {
  it('loses no byte between the report and the rows', () => {
    const rows = trafficRows(traffic)
    expect(rows.reduce((sum, { up }) => sum + up, 0)).toBe(14)
    expect(rows.reduce((sum, { down }) => sum + down, 0)).toBe(137)
  })

  it('is 32 times smaller than float32 when ballot and verdict take d/8 bytes each', () => {
    const d = 800
    const exact = { ...traffic, ballotsSent: 5 * (d / 8), verdictsReceived: 5 * (d / 8) }
    expect(float32Times(exact, d, 5)).toBe(32)
    expect(float32Times(noSession.traffic, d, 0)).toBeNull()
  })
})
