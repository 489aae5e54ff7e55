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
