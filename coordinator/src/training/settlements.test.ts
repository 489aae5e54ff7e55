import type { MergedTally } from '@quorate/shared/tally/tally'
import { describe, expect, test } from 'vitest'
import { settlementsOf } from './settlements.ts'

describe('what a ledger entry says of ballots', () => {
  const slices = [
    {
      slice: { index: 0, start: 0, end: 4 },
      voters: [1, 2],
      weights: null,
      sums: new Int32Array(4),
    },
    {
      slice: { index: 1, start: 4, end: 8 },
      voters: [2, 3],
      weights: null,
      sums: new Int32Array(4),
    },
  ]
  const tally: MergedTally = { d: 8, block: 4, slices }
  const at = { round: 7, attempt: 9 }

  test('voters are told the valid slices they were counted in', () => {
    const { voters } = settlementsOf(at, tally, [true, false])
    expect(voters.get(1)).toEqual({ type: 'settled', ...at, counted: [true, false] })
    expect(voters.get(2)).toEqual({ type: 'settled', ...at, counted: [true, false] })
    expect(voters.has(3)).toBe(false)
  })

  test('everyone else is told that nothing was counted: what they cast is owed', () => {
    const { others } = settlementsOf(at, tally, [true, true])
    expect(others).toEqual({ type: 'settled', ...at, counted: [false, false] })
  })
})
