import { VirtualClock } from '@quorate/shared/clock/virtual-clock'
import { describe, expect, test } from 'vitest'
import { Calibration } from './calibration.ts'

function opened(expected: readonly number[]) {
  const clock = new VirtualClock()
  const done: (readonly number[])[] = []
  const work = new Calibration(expected, {
    clock,
    deadlineMs: 1000,
    done: (reports) => done.push(reports),
  })
  return { clock, done, work }
}

describe('the opening phase', () => {
  test('ends with the last report, in the order of contributors', () => {
    const { clock, done, work } = opened([1, 2])
    work.report(2, 0.25)
    expect(done).toEqual([])
    work.report(1, 0.5)
    expect(done).toEqual([[0.5, 0.25]])
    expect(clock.pending).toBe(0)
  })

  test('the first report of a contributor stands, and strangers have none', () => {
    const { done, work } = opened([1, 2])
    work.report(1, 0.5)
    work.report(1, 64)
    work.report(7, 64)
    work.report(2, 0.25)
    expect(done).toEqual([[0.5, 0.25]])
  })

  test('a report that is infinite as a float32 counts as none, and nobody waits for another', () => {
    const { done, work } = opened([1, 2])
    work.report(1, 1e300)
    work.report(2, 0.25)
    expect(done).toEqual([[0.25]])
  })

  test('who leaves is not waited for, and what it reported before stays', () => {
    const { done, work } = opened([1, 2, 3])
    work.report(1, 0.5)
    work.left(1)
    work.left(2)
    work.report(3, 0.25)
    expect(done).toEqual([[0.5, 0.25]])
  })

  test('at the deadline it ends with what there is, once', async () => {
    const { clock, done, work } = opened([1, 2])
    work.report(1, 0.5)
    await clock.advance(1000)
    work.report(2, 0.25)
    expect(done).toEqual([[0.5]])
  })

  test('cancelled, it says nothing more', async () => {
    const { clock, done, work } = opened([1])
    work.cancel()
    work.report(1, 0.5)
    await clock.advance(2000)
    expect(done).toEqual([])
  })
})
