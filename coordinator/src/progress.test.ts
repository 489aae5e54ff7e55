import { expect, test } from 'vitest'
import { runOfTests } from './testing/app-of-tests.ts'
import { progressLine, shownLine } from './progress.ts'

test('a line of progress says where a run is and what it waits for', () => {
  const training = { ...runOfTests, state: { kind: 'training' }, roundMs: 260.4 } as const
  expect(progressLine({ ...training, timeLeftMs: 480_000 })).toBe(
    'Handwritten digits: round 3 of 2000 · accuracy 50.0 % · 1 voter · 260 ms a round · 8 min left',
  )
  expect(progressLine({ ...runOfTests, state: { kind: 'waiting', need: 4, have: 1 } })).toContain(
    'waiting for 3 more',
  )
})

test('on a terminal it is written over and never wider, elsewhere each has its line', () => {
  expect(shownLine('round 1', null)).toBe('  round 1\n')
  expect(shownLine('round 1', 80)).toBe('\r\u001b[2K  round 1')
  expect(shownLine('x'.repeat(200), 80)).toHaveLength(5 + 79)
})
