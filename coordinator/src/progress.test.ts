import { expect, test } from 'vitest'
import { runOfTests } from './testing/app-of-tests.ts'
import { progressLine } from './progress.ts'

test('a line of progress says where a run is and what it waits for', () => {
  const training = { ...runOfTests, state: { kind: 'training' }, roundMs: 260.4 } as const
  expect(progressLine({ ...training, timeLeftMs: 480_000 })).toBe(
    'Handwritten digits: round 3 of 2000 · accuracy 50.0 % · 1 voter · 260 ms a round · 8 min left',
  )
  expect(progressLine({ ...runOfTests, state: { kind: 'waiting', need: 4, have: 1 } })).toContain(
    'waiting for 3 more',
  )
})
