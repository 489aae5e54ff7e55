import { describe, expect, it } from 'vitest'
import { roundOfTests } from '../../live/round.fixture.ts'
import { sumRounds } from './round-sums.ts'

const round = { ...roundOfTests, lateBallots: 1 }

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
