import { expect, test } from 'vitest'
import { steadyClock } from './steady-clock.ts'

function machine() {
  const at = { wallMs: 1_700_000_000_000, steadyMs: 500 }
  const times = { wallMs: () => at.wallMs, steadyMs: () => at.steadyMs }
  const passes = (ms: number) => {
    at.wallMs += ms
    at.steadyMs += ms
  }
  return { at, passes, clock: steadyClock(times) }
}

test('it shows what is on the wall as long as nobody sets that', () => {
  const { at, passes, clock } = machine()
  passes(1234)
  expect(clock.nowMs()).toBe(at.wallMs)
})

test('set back, it goes on from where it was', () => {
  const { at, passes, clock } = machine()
  passes(100)
  const before = clock.nowMs()
  passes(20)
  at.wallMs -= 3_600_000
  expect(clock.nowMs()).toBe(before + 20)
  passes(1000)
  expect(clock.nowMs()).toBe(before + 1020)
})

test('after a sleep of the machine, or set forwards, it follows', () => {
  const { at, clock } = machine()
  at.wallMs += 8 * 3_600_000
  expect(clock.nowMs()).toBe(at.wallMs)
})
