import { describe, expect, test } from 'vitest'
import type { StoredCheckpoint } from './ports.ts'
import { checkpointsKept, roundsKept } from './retention.ts'

const at = (round: number): StoredCheckpoint => ({
  round,
  digest: '',
  blob: '',
  sizeBytes: 0,
  stateBlob: '',
  createdAtMs: 0,
})
const every100 = (to: number) => Array.from({ length: to / 100 + 1 }, (_, n) => at(100 * n))

describe('rounds of a ledger', () => {
  test('are all kept where that is asked for, or where there are few', () => {
    expect(roundsKept(every100(50_000), null)).toBe(0)
    expect(roundsKept(every100(900), 1000)).toBe(0)
    expect(roundsKept([], 1000)).toBe(0)
  })

  test('are kept as far back as asked, and always from before the checkpoint before the newest', () => {
    expect(roundsKept(every100(50_000), 10_000)).toBe(40_000)
    expect(roundsKept([at(0), at(500), at(5000)], 1000)).toBe(400)
  })
})

describe('checkpoints', () => {
  const kept = (to: number, keep: number | null) =>
    checkpointsKept(every100(to), keep).map(({ round }) => round)

  test('are all kept where the ledger is', () => {
    expect(kept(2000, null)).toHaveLength(21)
  })

  test('older than the ledger are one in ten thousand rounds; first and newest two stay', () => {
    expect(kept(32_000, 1000)).toEqual([
      ...[0, 10_000, 20_000, 30_000],
      ...Array.from({ length: 11 }, (_, n) => 31_000 + 100 * n),
    ])
    expect(checkpointsKept([at(0), at(700), at(90_000)], 1000).map(({ round }) => round)).toEqual([
      0, 700, 90_000,
    ])
  })

  test('of the longest run there can be are few', () => {
    expect(kept(1_000_000, 10_000).length).toBeLessThan(220)
  })
})
