import { describe, expect, test } from 'vitest'
import { MAX_HELD_CHUNKS } from '@quorate/shared/lease/held'
import { IDLE_MS, LEASE_MS, LeaseBook, TURN_MS } from './lease-book.ts'
import { MOVE_EVERY_MS } from './lease-window.ts'

const shards = [0, 1].map((shard) => ({
  shard,
  labels: [10],
  chunks: [0, 1].map((chunk) => ({ digest: `${shard}.${chunk}`, records: 5, sizeBytes: 9 })),
}))
const held = (book: LeaseBook, contributor: number) =>
  book.parts(contributor).flatMap(({ chunks }) => chunks)

/** Everybody has everything at once. */
const always = () => true

describe('leases', () => {
  test('one contributor holds all, two hold half each, and nobody is told twice', () => {
    const book = new LeaseBook(shards, false)
    book.add(1, [], 0)
    expect(book.settle(0, always)).toEqual({ expired: [], changed: [1] })
    expect(held(book, 1)).toHaveLength(4)
    book.add(2, [], 0)
    expect(book.settle(0, always).changed).toEqual([1, 2])
    expect([...held(book, 1), ...held(book, 2)].sort()).toEqual(['0.0', '0.1', '1.0', '1.1'])
    expect(book.settle(0, always)).toEqual({ expired: [], changed: [] })
  })

  test('nothing moves before it is settled', () => {
    const book = new LeaseBook(shards, false)
    book.add(1, [], 0)
    book.settle(0, always)
    book.add(2, [], 0)
    book.release(1)
    expect(held(book, 2)).toEqual([])
    book.settle(0, always)
    expect(held(book, 2)).toHaveLength(4)
  })

  test('a lease runs out after a minute unless it is renewed', () => {
    const book = new LeaseBook(shards, false)
    book.add(1, [], 0)
    book.add(2, [], 0)
    book.settle(0, always)
    book.renew(1, 1000)
    expect(book.settle(LEASE_MS - 1, always).expired).toEqual([])
    expect(book.settle(LEASE_MS, always)).toEqual({ expired: [2], changed: [1] })
    expect(held(book, 1)).toHaveLength(4)
    expect(book.holds(2)).toBe(false)
  })

  test('who is never ready keeps its lease for ten minutes, whatever its heart does', () => {
    const book = new LeaseBook(shards, false)
    book.add(1, [], 0)
    book.settle(0, always)
    let nowMs = 0
    while (book.settle(nowMs, always).expired.length === 0) {
      nowMs += 5000
      book.keep(1, nowMs)
      // Nor does coming back on another connection begin a new lease.
      book.add(1, [], nowMs)
      expect(nowMs).toBeLessThan(2 * IDLE_MS)
    }
    expect(nowMs).toBeGreaterThanOrEqual(IDLE_MS)
    expect(nowMs).toBeLessThanOrEqual(IDLE_MS + LEASE_MS)
  })

  test.each([
    ['one shard of many chunks', 1, 1000],
    ['many shards of one chunk', 1000, 1],
    ['uneven shards', 7, 150],
  ])('of more chunks than are held at once all are seen in time: %s', (_, count, each) => {
    const large = Array.from({ length: count }, (_, shard) => ({
      shard,
      labels: [each],
      chunks: Array.from({ length: each }, (_, at) => {
        return { digest: `${shard}.${at}`, records: 500, sizeBytes: 400_000 }
      }),
    }))
    const book = new LeaseBook(large, false)
    book.add(1, [], 0)
    book.settle(0, always)
    const seen = new Set<string>()
    const told = () =>
      new Set(book.lease(1)?.parts.flatMap(({ chunks }) => chunks.map((c) => c.digest)))
    let before = told()
    for (let minute = 1; minute <= 60; minute++) {
      for (const digest of before) seen.add(digest)
      book.renew(1, minute * MOVE_EVERY_MS)
      const { changed } = book.settle(minute * MOVE_EVERY_MS, always)
      expect(changed).toEqual([1])
      const now = told()
      expect(now).toEqual(book.held(1))
      expect(now.size).toBe(MAX_HELD_CHUNKS)
      const news = [...now].filter((digest) => !before.has(digest))
      expect(news.length * 400_000).toBeLessThan(9_000_000)
      before = now
    }
    expect(seen.size).toBe(count * each)
    expect(book.parts(1).flatMap(({ chunks }) => chunks)).toHaveLength(count * each)
  })

  test('what somebody had before a restart stays with it', () => {
    const book = new LeaseBook(shards, false)
    book.add(1, [{ shard: 1, chunks: ['1.0', '1.1'] }], 0)
    book.add(2, [{ shard: 0, chunks: ['0.0', '0.1'] }], 0)
    book.settle(0, always)
    expect(held(book, 1)).toEqual(['1.0', '1.1'])
    expect(book.lease(1)?.parts[0]).toMatchObject({ shard: 1, fraction: 1 })
  })

  test('with more contributors than chunks they take turns, so that nobody waits for ever', () => {
    const book = new LeaseBook(shards, false)
    const people = [1, 2, 3, 4, 5]
    for (const contributor of people) book.add(contributor, [], 0)
    book.settle(0, always)
    expect(people.map((contributor) => held(book, contributor).length)).toEqual([1, 1, 1, 1, 0])
    const renewAll = (nowMs: number) =>
      people.forEach((contributor) => book.renew(contributor, nowMs))
    renewAll(TURN_MS - 1)
    expect(book.settle(TURN_MS - 1, always).changed).toEqual([])
    renewAll(TURN_MS)
    expect(book.settle(TURN_MS, always).changed.sort()).toEqual([1, 5])
    expect(people.map((contributor) => held(book, contributor).length)).toEqual([0, 1, 1, 1, 1])
    renewAll(TURN_MS + 1)
    expect(book.settle(TURN_MS + 1, always).changed.sort()).toEqual([1, 2])
    expect(new Set(people.flatMap((contributor) => held(book, contributor))).size).toBe(4)
  })

  describe('what goes to a newcomer', () => {
    const moved = (book: LeaseBook) => held(book, 2)
    /** One holds all and draws from it, 2 came and was told to load half. */
    function withNewcomer() {
      const book = new LeaseBook(shards, false)
      const loaded = new Set(['1:0.0', '1:0.1', '1:1.0', '1:1.1'])
      const draws = (contributor: number, chunks: Iterable<string>) =>
        [...chunks].some((chunk) => loaded.has(`${contributor}:${chunk}`))
      book.add(1, [], 0)
      book.settle(0, draws)
      book.add(2, [], 0)
      expect(book.settle(0, draws).changed).toEqual([2])
      expect(moved(book)).toHaveLength(2)
      return { book, loaded, draws }
    }

    test('stays where it is drawn from until the newcomer can draw from it', () => {
      const { book, loaded, draws } = withNewcomer()
      expect(held(book, 1)).toHaveLength(4)
      expect(book.parts(1)).toMatchObject([{ fraction: 1 }, { fraction: 1 }])
      expect(book.settle(0, draws).changed).toEqual([])
      loaded.add(`2:${moved(book)[0]}`)
      expect(book.settle(0, draws).changed).toEqual([1])
      expect([...held(book, 1), ...moved(book)].sort()).toEqual(['0.0', '0.1', '1.0', '1.1'])
      expect(book.settle(0, draws).changed).toEqual([])
    })

    test('never leaves where the newcomer goes before', () => {
      const { book, draws } = withNewcomer()
      book.release(2)
      expect(book.settle(0, draws)).toEqual({ expired: [], changed: [] })
      expect(held(book, 1)).toHaveLength(4)
    })

    test('stays with the first where a third takes the place of the second', () => {
      const { book, loaded, draws } = withNewcomer()
      book.release(2)
      book.add(3, [], 0)
      expect(book.settle(0, draws).changed).toEqual([3])
      expect(held(book, 1)).toHaveLength(4)
      loaded.add(`3:${held(book, 3)[0]}`)
      expect(book.settle(0, draws).changed).toEqual([1])
      expect(held(book, 1)).toHaveLength(2)
    })

    test('is nobody else’s still where a third comes as it is loaded', () => {
      const one = { shard: 0, labels: [30] }
      const chunks = [0, 1, 2, 3, 4, 5].map((n) => {
        return { digest: `0.${n}`, records: 5, sizeBytes: 9 }
      })
      const book = new LeaseBook([{ ...one, chunks }], false)
      const ready = new Set([1])
      const draws = (contributor: number) => ready.has(contributor)
      for (const contributor of [1, 2]) {
        book.add(contributor, [], 0)
        book.settle(0, draws)
      }
      ready.add(2)
      book.add(3, [], 0)
      book.settle(0, draws)
      const drawn = [...ready].flatMap((contributor) => held(book, contributor))
      expect(drawn.sort()).toEqual(chunks.map(({ digest }) => digest))
    })

    test('goes at once where nobody draws from it', () => {
      const { book, loaded, draws } = withNewcomer()
      loaded.clear()
      expect(book.settle(0, draws).changed).toEqual([1])
      expect(held(book, 1)).toHaveLength(2)
    })

    test('is in a shared partition everybody’s', () => {
      const book = new LeaseBook(shards, true)
      book.add(1, [], 0)
      book.add(2, [], 0)
      book.settle(0, always)
      expect(held(book, 1)).toHaveLength(4)
      expect(held(book, 2)).toHaveLength(4)
    })
  })
})
