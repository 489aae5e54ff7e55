import { describe, expect, test } from 'vitest'
import { settlementsOf } from './settlements.ts'

describe('what a ledger entry says of ballots', () => {
  const voted = [
    [1, 2],
    [2, 3],
  ]
  const at = { round: 7, attempt: 9 }

  test('voters are told the valid slices they were counted in', () => {
    const { voters } = settlementsOf(at, voted, [true, false])
    expect(voters.get(1)).toEqual({ ...at, counted: [true, false] })
    expect(voters.get(2)).toEqual({ ...at, counted: [true, false] })
    expect(voters.has(3)).toBe(false)
  })

  test('everyone else is told that nothing was counted: what they cast is owed', () => {
    const { others } = settlementsOf(at, voted, [true, true])
    expect(others).toEqual({ ...at, counted: [false, false] })
  })
})
