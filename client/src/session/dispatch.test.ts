import { VirtualClock } from '@quorate/shared/clock/virtual-clock'
import { describe, expect, test } from 'vitest'
import { Detours, Dispatch } from './dispatch.ts'
import type { Link, Mesh } from './ports.ts'
import { TrafficMeter } from './traffic-meter.ts'

const frames = [0, 1, 2].map((slice) => Uint8Array.of(slice))

/** Owner 2 can be reached, owner 3 takes everything and answers late that it did not. */
function scene() {
  const clock = new VirtualClock()
  const relayed: number[] = []
  const sent: number[] = []
  let current = true
  const mesh = {
    connected: new Set([2, 3, 5]),
    byTurn: new Set([5]),
    send: (owner: number, _frame: Uint8Array, deadlineMs: number) => {
      sent.push(owner)
      if (owner !== 3) return Promise.resolve('sent')
      return new Promise((resolve) => clock.after(deadlineMs, () => resolve('unreachable')))
    },
  } as unknown as Mesh
  const link = {
    sendFrame: (frame: Uint8Array) => relayed.push(frame[0] ?? -1) > 0,
  } as unknown as Link
  const detours = new Detours(clock)
  const traffic = new TrafficMeter()
  const make = (attempt = 1) =>
    new Dispatch(attempt, { link, mesh, detours, traffic, current: () => current })
  return { clock, make, relayed, sent, traffic, end: () => (current = false) }
}

describe('slices of a ballot', () => {
  test('go to an owner that can be reached, and otherwise to the coordinator', async () => {
    const { clock, make, relayed, traffic } = scene()
    const dispatch = make()
    dispatch.cast(frames)
    void dispatch.deliver(0, 2, 1000)
    void dispatch.deliver(1, 3, 1000)
    void dispatch.deliver(2, 4, 1000)
    await clock.advance(999)
    expect(relayed).toEqual([2])
    await clock.advance(1)
    expect(relayed).toEqual([2, 1])
    expect(traffic.report(0)).toMatchObject({ slicesDirect: 1, slicesRelayed: 2, slicesTurn: 0 })
  })

  test('are counted by the way that they went', async () => {
    const { make, traffic } = scene()
    const dispatch = make()
    dispatch.cast(frames)
    await dispatch.deliver(0, 5, 1000)
    dispatch.deliverAlone(1)
    expect(traffic.report(0)).toMatchObject({ slicesTurn: 1, slicesAlone: 1, slicesRelayed: 0 })
  })

  test('an edge that did not deliver is left alone for a minute', async () => {
    const { clock, make, relayed, sent } = scene()
    const first = make()
    first.cast(frames)
    void first.deliver(0, 3, 1000)
    await clock.advance(1000)
    const second = make(2)
    second.cast(frames)
    await second.deliver(0, 3, 1000)
    expect(relayed).toEqual([0, 0])
    expect(sent).toEqual([3])
    await clock.advance(60_000)
    const third = make(3)
    third.cast(frames)
    void third.deliver(0, 3, 1000)
    expect(sent).toEqual([3, 3])
  })

  test('asked for before the ballot is cast, a slice goes straight to the coordinator', async () => {
    const { make, relayed, sent } = scene()
    const dispatch = make()
    dispatch.resend(1)
    expect(relayed).toEqual([])
    dispatch.cast(frames)
    await dispatch.deliver(1, 2, 1000)
    expect(relayed).toEqual([1])
    expect(sent).toEqual([])
  })

  test('asked for while an owner is being tried, it is relayed at once and only once', async () => {
    const { clock, make, relayed } = scene()
    const dispatch = make()
    dispatch.cast(frames)
    void dispatch.deliver(0, 3, 1000)
    dispatch.resend(0)
    expect(relayed).toEqual([0])
    await clock.advance(5000)
    expect(relayed).toEqual([0])
  })

  test('of a round that is over are sent to nobody', async () => {
    const { clock, make, relayed, end } = scene()
    const dispatch = make()
    dispatch.cast(frames)
    void dispatch.deliver(0, 3, 1000)
    end()
    await clock.advance(5000)
    expect(relayed).toEqual([])
  })
})
