import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Allotment, Lessee, ShardChunks } from './allocate.ts'
import { allocate } from './allocate.ts'

const shardsOf = (...chunkCounts: number[]): ShardChunks[] =>
  chunkCounts.map((count, k) => ({
    shard: 10 * k,
    chunks: Array.from({ length: count }, (_, chunk) => `${10 * k}/${chunk}`),
  }))
const newcomers = (count: number): Lessee[] =>
  Array.from({ length: count }, (_, number) => ({ number, held: [] }))
/** The same contributors, holding what they were given. */
const holding = (leases: Map<number, Allotment[]>): Lessee[] =>
  [...leases].map(([number, held]) => ({ number, held }))
const chunksOf = (parts: readonly ShardChunks[] = []) => parts.flatMap(({ chunks }) => [...chunks])
const sizes = (leases: Map<number, Allotment[]>) =>
  [...leases.values()].map((parts) => chunksOf(parts).length)

/** Chunks that a contributor has after and had not before. */
function moved(before: readonly Lessee[], after: Map<number, Allotment[]>): number {
  return [...after].reduce((sum, [number, parts]) => {
    const had = new Set(chunksOf(before.find((one) => one.number === number)?.held))
    return sum + chunksOf(parts).filter((chunk) => !had.has(chunk)).length
  }, 0)
}

/** Any shards, and contributors that hold anything at all, each other's and unknown chunks too. */
const anyState = fc
  .array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 8 })
  .chain((counts) => {
    const shards = shardsOf(...counts)
    const chunk = fc.constantFrom(...chunksOf(shards), '0/unknown')
    const part = fc.record({
      shard: fc.constantFrom(...shards.map(({ shard }) => shard), 999),
      chunks: fc.uniqueArray(chunk, { maxLength: 5 }),
    })
    const held = fc.uniqueArray(part, { maxLength: 3, selector: ({ shard }) => shard })
    return fc.record({
      shards: fc.constant(shards),
      contributors: fc
        .array(held, { maxLength: 40 })
        .map((all): Lessee[] => all.map((one, k) => ({ number: 7 * k, held: one }))),
    })
  })

describe('allocate', () => {
  it('leases every chunk to exactly one contributor, if there is one', () => {
    fc.assert(
      fc.property(anyState, ({ shards, contributors }) => {
        const leases = allocate(shards, contributors, false)
        expect([...leases.keys()]).toEqual(contributors.map(({ number }) => number))
        const leased = [...leases.values()].flatMap(chunksOf)
        expect(leased.sort()).toEqual(contributors.length ? chunksOf(shards).sort() : [])
        for (const { shard, chunks, fraction } of [...leases.values()].flat()) {
          const whole = shards.find((one) => one.shard === shard)?.chunks ?? []
          expect(chunks.every((chunk) => whole.includes(chunk))).toBe(true)
          expect(fraction).toBe(chunks.length / whole.length)
          expect(chunks.length).toBeGreaterThan(0)
        }
      }),
    )
  })
  it('is balanced: whole shards up to one, or parts of one shard up to one chunk', () => {
    fc.assert(
      fc.property(anyState, ({ shards, contributors }) => {
        const leases = [...allocate(shards, contributors, false).values()]
        if (leases.length === 0) return
        const counts = leases.map((parts) => parts.length)
        if (leases.length <= shards.length) {
          expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
          expect(leases.flat().every(({ fraction }) => fraction === 1)).toBe(true)
          return
        }
        expect(Math.max(...counts)).toBe(1)
        for (const { shard } of shards) {
          const parts = leases.flat().filter((part) => part.shard === shard)
          const lengths = parts.map(({ chunks }) => chunks.length)
          expect(Math.max(...lengths) - Math.min(...lengths)).toBeLessThanOrEqual(1)
        }
        const busy = leases.filter((parts) => parts.length > 0).length
        expect(busy).toBe(Math.min(leases.length, chunksOf(shards).length))
      }),
    )
  })
  it('gives the same answer to the same question, and to its own answer', () => {
    fc.assert(
      fc.property(anyState, ({ shards, contributors }) => {
        const leases = allocate(shards, contributors, false)
        expect(allocate(shards, contributors, false)).toEqual(leases)
        expect(allocate(shards, holding(leases), false)).toEqual(leases)
      }),
    )
  })
  it('moves only what must move when one leaves whole shards', () => {
    for (let count = 2; count <= 10; count++) {
      const before = holding(
        allocate(shardsOf(...Array<number>(10).fill(4)), newcomers(count), false),
      )
      for (let leaver = 0; leaver < count; leaver++) {
        const stay = before.filter(({ number }) => number !== leaver)
        const after = allocate(shardsOf(...Array<number>(10).fill(4)), stay, false)
        expect(moved(stay, after)).toBe(chunksOf(before[leaver]?.held).length)
      }
    }
  })
  it('moves only what the newcomer gets when one joins', () => {
    for (let count = 1; count < 40; count++) {
      const shards = shardsOf(...Array<number>(10).fill(4))
      const before = [
        ...holding(allocate(shards, newcomers(count), false)),
        { number: 99, held: [] },
      ]
      const after = allocate(shards, before, false)
      expect(moved(before, after)).toBe(chunksOf(after.get(99)).length)
      expect(chunksOf(after.get(99)).length).toBeGreaterThan(0)
    }
  })
  it('moves only the leaver’s chunks when one of a divided shard leaves', () => {
    const before = holding(allocate(shardsOf(4, 4), newcomers(4), false))
    for (let leaver = 0; leaver < 4; leaver++) {
      const stay = before.filter(({ number }) => number !== leaver)
      expect(moved(stay, allocate(shardsOf(4, 4), stay, false))).toBe(2)
    }
  })
  it('leaves a shard to who holds most of it', () => {
    const part = (...chunks: string[]) => [{ shard: 0, chunks }]
    const contributors = [
      { number: 0, held: part('0/0') },
      { number: 1, held: part('0/1', '0/2', '0/3') },
    ]
    const leases = allocate(shardsOf(4, 4), contributors, false)
    expect([0, 1].map((number) => leases.get(number)?.map(({ shard }) => shard))).toEqual([
      [10],
      [0],
    ])
  })
  it('by hand: 10 shards among 3, then 2 shards of 3 and 1 chunks among 5', () => {
    const three = allocate(shardsOf(...Array<number>(10).fill(1)), newcomers(3), false)
    expect(sizes(three)).toEqual([4, 3, 3])
    const five = allocate(shardsOf(3, 1), newcomers(5), false)
    expect(sizes(five)).toEqual([1, 1, 1, 1, 0])
    expect(five.get(0)).toEqual([{ shard: 0, chunks: ['0/0'], fraction: 1 / 3 }])
    expect(five.get(3)).toEqual([{ shard: 10, chunks: ['10/0'], fraction: 1 }])
  })
  it('lets a newcomer wait rather than evict a holder', () => {
    const shards = shardsOf(1, 1)
    const holders = holding(allocate(shards, newcomers(2), false))
    const leases = allocate(shards, [{ number: 9, held: [] }, ...holders], false)
    expect(leases.get(9)).toEqual([])
    expect(moved(holders, leases)).toBe(0)
  })
  it('gives everything to everybody where data is shared', () => {
    const leases = allocate(shardsOf(3), newcomers(4), true)
    for (const parts of leases.values()) {
      expect(parts).toEqual([{ shard: 0, chunks: ['0/0', '0/1', '0/2'], fraction: 1 }])
    }
  })
  it('passes over shards without chunks, and needs nobody', () => {
    expect(sizes(allocate(shardsOf(0, 2), newcomers(1), false))).toEqual([2])
    expect(sizes(allocate([], newcomers(2), false))).toEqual([0, 0])
    expect(allocate(shardsOf(1), [], false).size).toBe(0)
  })
  it('allocates 10,000 shards, the most there are, to 1,000 contributors', () => {
    const shards = shardsOf(...Array<number>(10_000).fill(1))
    const leases = allocate(shards, holding(allocate(shards, newcomers(1000), false)), false)
    expect(new Set(sizes(leases))).toEqual(new Set([10]))
  })
})
