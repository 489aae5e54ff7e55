import { VirtualClock } from '@quorate/shared/clock/virtual-clock'
import { expect, it } from 'vitest'
import { Paced } from './paced.ts'

function paced(size: number) {
  const clock = new VirtualClock()
  const doneAtMs: number[] = []
  const work = new Paced(() => doneAtMs.push(clock.nowMs()), { clock, size: () => size })
  return { clock, doneAtMs, ask: () => work.ask() }
}

it('a small crowd is served at once, each time', () => {
  const { ask, doneAtMs } = paced(49)
  for (let n = 0; n < 3; n++) ask()
  expect(doneAtMs).toEqual([0, 0, 0])
})

it('of a large one the first is served at once, and all others together', async () => {
  const { clock, ask, doneAtMs } = paced(1000)
  for (let n = 0; n < 1000; n++) ask()
  expect(doneAtMs).toEqual([0])
  await clock.advance(100)
  expect(doneAtMs).toEqual([0, 20])
  ask()
  expect(doneAtMs).toEqual([0, 20, 100])
})

it('a clock that is set back keeps nobody waiting', () => {
  const clock = new VirtualClock()
  const set = { aheadMs: 3_600_000 }
  const moved = { nowMs: () => clock.nowMs() + set.aheadMs, after: clock.after.bind(clock) }
  let done = 0
  const work = new Paced(() => done++, { clock: moved, size: () => 1000 })
  work.ask()
  set.aheadMs = 0
  work.ask()
  expect(done).toBe(2)
})
