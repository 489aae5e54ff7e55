import { expect, test } from 'vitest'
import { deadlinesFor, median } from './deadlines.ts'

test('the first ballots have 30 s, later ones 3 × the median of the last 20, within 2 s and 60 s', () => {
  expect(deadlinesFor([], null).ballotsMs).toBe(30_000)
  expect(deadlinesFor([100], null).ballotsMs).toBe(2_000)
  expect(deadlinesFor([4_000, 6_000], null).ballotsMs).toBe(15_000)
  expect(deadlinesFor([50_000], null).ballotsMs).toBe(60_000)
  expect(deadlinesFor([...Array(20).fill(1000), ...Array(20).fill(3000)], null).ballotsMs).toBe(
    9_000,
  )
  expect(deadlinesFor([4_000], 700).ballotsMs).toBe(700)
})

test('the median of an even count is the mean of the two middle values', () => {
  expect(median([4, 1, 3, 2])).toBe(2.5)
  expect(median([5, 1, 3])).toBe(3)
})
