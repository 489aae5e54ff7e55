import { VirtualClock } from '@quorate/shared/clock/virtual-clock'
import { expect, test } from 'vitest'
import { Newcomers, NEWCOMERS_AT_ONCE } from './newcomers.ts'

test('an address may send so many strangers at once, and then as time goes by', async () => {
  const clock = new VirtualClock()
  const newcomers = new Newcomers(clock)
  const sent = () => Array.from({ length: 200 }, () => newcomers.admits('a')).filter(Boolean)
  expect(sent()).toHaveLength(NEWCOMERS_AT_ONCE)
  expect(newcomers.admits('b')).toBe(true)
  await clock.advance(60_000)
  expect(sent()).toHaveLength(12)
  await clock.advance(3_600_000)
  expect(sent()).toHaveLength(NEWCOMERS_AT_ONCE)
})
