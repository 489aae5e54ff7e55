import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { drawBatch } from './draw.ts'

const held = (...numbers: number[]) => numbers.map((shard) => ({ shard, records: 600 }))
const countOf = (drawn: readonly { shard: number }[], shard: number) =>
  drawn.filter((one) => one.shard === shard).length

describe('drawBatch', () => {
  it('draws the whole batch, from all held shards equally up to one record', () => {
    const orders = fc.record({
      seed: fc.nat(),
      stream: fc.nat(1000),
      round: fc.nat(1e6),
      batch: fc.integer({ min: 1, max: 200 }),
      shards: fc.integer({ min: 1, max: 30 }).map((n) => held(...Array(n).keys())),
    })
    fc.assert(
      fc.property(orders, (order) => {
        const drawn = drawBatch(order)
        expect(drawn.length).toBe(order.batch)
        const counts = order.shards.map(({ shard }) => countOf(drawn, shard))
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1)
        expect(drawn.every(({ record }) => record >= 0 && record < 600)).toBe(true)
      }),
    )
  })
  it('gives every shard its turn at the remainder', () => {
    const totals = [0, 0, 0]
    for (let round = 0; round < 30; round++) {
      const drawn = drawBatch({ seed: 1, stream: 0, round, batch: 5, shards: held(0, 1, 2) })
      totals.forEach((total, shard) => (totals[shard] = total + countOf(drawn, shard)))
    }
    expect(totals).toEqual([50, 50, 50])
  })
  it('contributors that hold the same shard draw different records', () => {
    const of = (stream: number) =>
      drawBatch({ seed: 3, stream, round: 8, batch: 24, shards: held(0) })
    expect(of(1)).not.toEqual(of(2))
    expect(of(1)).toEqual(of(1))
  })
  it("a shard's draws do not depend on the other shards, up to their number", () => {
    const from = (...numbers: number[]) =>
      drawBatch({ seed: 3, stream: 0, round: 8, batch: 24, shards: held(...numbers) })
        .filter(({ shard }) => shard === 7)
        .map(({ record }) => record)
    const alone = from(7)
    const among = from(2, 7, 9)
    expect(among.length).toBe(8)
    expect(alone.slice(0, 8)).toEqual(among)
  })
  it('draws others in another round or under another seed', () => {
    const draw = (seed: number, round: number) =>
      drawBatch({ seed, stream: 0, round, batch: 8, shards: held(0) })
    expect(draw(1, 1)).toEqual(draw(1, 1))
    expect(draw(1, 1)).not.toEqual(draw(1, 2))
    expect(draw(1, 1)).not.toEqual(draw(2, 1))
  })
  it('draws from what is there: no shard, no records', () => {
    expect(drawBatch({ seed: 1, stream: 0, round: 0, batch: 4, shards: [] })).toEqual([])
    const some = [{ shard: 0, records: 0 }, ...held(1)]
    expect(countOf(drawBatch({ seed: 1, stream: 0, round: 0, batch: 4, shards: some }), 1)).toBe(4)
  })
})
