import { demoSettings, runSettings } from '@quorate/shared/run/settings'
import { HEADER_BYTES } from '@quorate/shared/wire/frame'
import { describe, expect, test } from 'vitest'
import { Allowance, ContributorAllowance, OWN_SIZE, roundLoad, timesSize } from './allowance.ts'
import { Bucket } from './bucket.ts'
import { RunModel } from './run-model.ts'

const round = { messages: 10, bytes: 1000 }
const plenty = () => new Allowance(timesSize(OWN_SIZE, 1000), 0)
const little = { messages: { most: 3, perSecond: 1 }, bytes: { most: 100, perSecond: 10 } }

test('a bucket gives what is in it, then what comes in, and never more than it holds', () => {
  const bucket = new Bucket({ most: 5, perSecond: 2 }, 0)
  expect([5, 1].map((amount) => bucket.take(amount, 0))).toEqual([true, false])
  expect([2, 1].map((amount) => bucket.take(amount, 1000))).toEqual([true, false])
  expect([6, 5, 1].map((amount) => bucket.take(amount, 3_600_000))).toEqual([false, true, false])
  expect(bucket.take(1, 0), 'the clock was set back').toBe(false)
})

test('an allowance names what there was too much of', () => {
  const allowance = new Allowance(little, 0)
  expect([50, 60, 1].map((size) => allowance.excess(size, 0))).toEqual([null, 'bytes', null])
  expect(allowance.excess(1, 0)).toBe('messages')
  expect(allowance.excess(1, 1000)).toBeNull()
})

describe('a contributor', () => {
  test('may answer any number of rounds in full, however fast they follow each other', () => {
    const allowance = new ContributorAllowance(round, 0)
    const address = new Allowance(little, 0)
    for (let opened = 0; opened < 10_000; opened++) {
      allowance.grant()
      for (let n = 0; n < round.messages; n++) {
        expect(allowance.excess(round.bytes / round.messages, address, 0)).toBeNull()
      }
    }
  })

  test('is bounded where nobody asked for what it sends, and so is what it saves up', () => {
    const spam = (openings: number) => {
      const allowance = new ContributorAllowance(round, 0)
      for (let n = 0; n < openings; n++) allowance.grant()
      let sent = 0
      while (allowance.excess(1, plenty(), 0) === null) sent += 1
      return sent
    }
    expect(spam(0)).toBe(2000)
    expect(spam(1)).toBe(2000 + 2 * round.messages)
    expect(spam(1000)).toBe(2000 + 16 * 2 * round.messages)
  })

  test('may send no more bytes than that either', () => {
    const allowance = new ContributorAllowance(round, 0)
    const size = 256 * 1024
    const said = Array.from({ length: 5 }, () => allowance.excess(size, plenty(), 0))
    expect(said).toEqual([null, null, null, null, 'bytes'])
    expect(allowance.excess(size, plenty(), 3999)).toBe('bytes')
    expect(allowance.excess(size, plenty(), 8000)).toBeNull()
  })

  test('counts for its address only with what rounds did not ask for', () => {
    const address = new Allowance(little, 0)
    const [one, other] = [new ContributorAllowance(round, 0), new ContributorAllowance(round, 0)]
    one.grant()
    for (let n = 0; n < 2 * round.messages; n++) expect(one.excess(100, address, 0)).toBeNull()
    expect(one.excess(1, address, 0)).toBeNull()
    expect(other.excess(1, address, 0)).toBeNull()
    expect(other.excess(1, address, 0)).toBeNull()
    expect(other.excess(1, address, 0)).toBe('address')
  })
})

test('a round asks for a ballot and all tallies at most, or for one vector', () => {
  const load = (id: string) => {
    const [d, block, groupSize] = [25_450, 256, 8]
    const settings = runSettings.parse({ ...demoSettings, method: { id }, block, groupSize })
    const { method } = new RunModel(settings, { input: [28, 28, 1], classes: 10 })
    return roundLoad(method, { d, block, groupSize })
  }
  // docs/protocol.md, K = 8: 3,530 bytes of ballot and 23,258 of tallies at most.
  expect(load('ef-vote').messages).toBe(26)
  expect(load('ef-vote').bytes).toBeGreaterThan(3530 + 23_258)
  expect(load('ef-vote').bytes).toBeLessThan(2 * (3530 + 23_258))
  expect(load('sgd')).toEqual({ messages: 3, bytes: HEADER_BYTES + 4 * 25_450 + 512 })
})
