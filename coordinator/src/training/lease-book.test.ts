import { describe, expect, test } from 'vitest'
import { LEASE_MS, LeaseBook, TURN_MS } from './lease-book.ts'

const shards = [0, 1].map((shard) => ({
  shard,
  labels: [10],
  chunks: [0, 1].map((chunk) => ({ digest: `${shard}.${chunk}`, records: 5, sizeBytes: 9 })),
}))
const held = (book: LeaseBook, contributor: number) =>
  book.parts(contributor).flatMap(({ chunks }) => chunks)

describe('leases', () => {
  test('one contributor holds all, two hold half each, and nobody is told twice', () => {
    const book = new LeaseBook(shards, false)
    book.add(1, [], 0)
    expect(book.settle(0)).toEqual({ expired: [], changed: [1] })
    expect(held(book, 1)).toHaveLength(4)
    book.add(2, [], 0)
    expect(book.settle(0).changed).toEqual([1, 2])
    expect([...held(book, 1), ...held(book, 2)].sort()).toEqual(['0.0', '0.1', '1.0', '1.1'])
    expect(book.settle(0)).toEqual({ expired: [], changed: [] })
  })

  test('nothing moves before it is settled', () => {
    const book = new LeaseBook(shards, false)
    book.add(1, [], 0)
    book.settle(0)
    book.add(2, [], 0)
    book.release(1)
    expect(held(book, 2)).toEqual([])
    book.settle(0)
    expect(held(book, 2)).toHaveLength(4)
  })

  test('a lease runs out after a minute unless it is renewed', () => {
    const book = new LeaseBook(shards, false)
    book.add(1, [], 0)
    book.add(2, [], 0)
    book.settle(0)
    book.renew(1, 1000)
    expect(book.settle(LEASE_MS - 1).expired).toEqual([])
    expect(book.settle(LEASE_MS)).toEqual({ expired: [2], changed: [1] })
    expect(held(book, 1)).toHaveLength(4)
    expect(book.holds(2)).toBe(false)
  })

  test('what somebody had before a restart stays with it', () => {
    const book = new LeaseBook(shards, false)
    book.add(1, [{ shard: 1, chunks: ['1.0', '1.1'] }], 0)
    book.add(2, [{ shard: 0, chunks: ['0.0', '0.1'] }], 0)
    book.settle(0)
    expect(held(book, 1)).toEqual(['1.0', '1.1'])
    expect(book.lease(1)?.parts[0]).toMatchObject({ shard: 1, fraction: 1 })
  })

  test('with more contributors than chunks they take turns, so that nobody waits for ever', () => {
    const book = new LeaseBook(shards, false)
    const people = [1, 2, 3, 4, 5]
    for (const contributor of people) book.add(contributor, [], 0)
    book.settle(0)
    expect(people.map((contributor) => held(book, contributor).length)).toEqual([1, 1, 1, 1, 0])
    const renewAll = (nowMs: number) =>
      people.forEach((contributor) => book.renew(contributor, nowMs))
    renewAll(TURN_MS - 1)
    expect(book.settle(TURN_MS - 1).changed).toEqual([])
    renewAll(TURN_MS)
    expect(book.settle(TURN_MS).changed.sort()).toEqual([1, 5])
    expect(people.map((contributor) => held(book, contributor).length)).toEqual([0, 1, 1, 1, 1])
    renewAll(TURN_MS + 1)
    expect(book.settle(TURN_MS + 1).changed.sort()).toEqual([1, 2])
    expect(new Set(people.flatMap((contributor) => held(book, contributor))).size).toBe(4)
  })
})
