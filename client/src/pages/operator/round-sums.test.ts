import type { RoundMetrics } from '@quorate/shared/api/api'
import { describe, expect, it } from 'vitest'
import { sumRounds } from './round-sums.ts'

const round: RoundMetrics = {
  round: 0,
  attempts: 1,
  voters: 4,
  expected: 4,
  learningRate: 0.003,
  durationMs: 250,
  exchangeMs: 100,
  decideMs: 2,
  ballotBytes: 4000,
  tallyBytes: 2000,
  verdictBytes: 1100,
  slicesDirect: 9,
  slicesRelayed: 3,
  lateBallots: 1,
  agreement: null,
  accuracy: null,
  loss: null,
}

describe('the sums over rounds', () => {
  it('divide ballots and tallies by the voters, verdicts by the rounds', () => {
    const sums = sumRounds([
      round,
      { ...round, round: 1, voters: 1, ballotBytes: 1000, attempts: 3 },
    ])
    expect(sums).toMatchObject({
      ballotBytes: 1000,
      tallyBytes: 800,
      verdictBytes: 1100,
      direct: 0.75,
      relayed: 6,
      late: 2,
      extraAttempts: 2,
      agreement: null,
    })
  })

  it('are nothing before anybody voted', () => {
    expect(sumRounds([])).toBeNull()
    expect(sumRounds([{ ...round, voters: 0 }])).toBeNull()
  })

  it('average the agreement over the rounds that know it', () => {
    const sums = sumRounds([round, { ...round, agreement: 0.6 }, { ...round, agreement: 0.8 }])
    expect(sums?.agreement).toBeCloseTo(0.7)
  })
})
