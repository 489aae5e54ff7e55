import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packSigns, signAt } from '../sign/pack.ts'
import type { SliceBallot } from './slice-ballot.ts'
import { DoubleVoteError, cutBallot, mergeTallies, tallyPlain, tallySlice } from './count.ts'
import { blockCount, sliceRanges } from './slices.ts'

const slice = (end: number, start = 0) => ({ index: 0, start, end })

/** Ballots of any length, voters and weights; bits beyond the end are set at random too. */
const electorate = fc
  .record({
    d: fc.integer({ min: 1, max: 700 }),
    block: fc.constantFrom(32, 64, 256),
    voters: fc.integer({ min: 0, max: 40 }),
  })
  .chain(({ d, block, voters }) => {
    const words = Math.ceil(d / 32)
    const blocks = blockCount(d, block)
    const weights = fc.uint8Array({ minLength: blocks, maxLength: blocks, max: 15 })
    const signs = fc.uint32Array({ minLength: words, maxLength: words })
    return fc.record({
      d: fc.constant(d),
      block: fc.constant(block),
      ballots: fc
        .array(fc.record({ signs, weights: fc.option(weights) }), {
          minLength: voters,
          maxLength: voters,
        })
        .map((all): SliceBallot[] => all.map((one, k) => ({ contributor: 3 * k, ...one }))),
    })
  })

describe('tallySlice', () => {
  it('adds up three votes by hand', () => {
    const ballots = [
      { contributor: 2, signs: Uint32Array.of(0b011), weights: null },
      { contributor: 0, signs: Uint32Array.of(0b101), weights: null },
      { contributor: 1, signs: Uint32Array.of(0b001), weights: null },
    ]
    const tally = tallySlice(slice(3), 64, ballots)
    expect([...tally.sums]).toEqual([3, -1, -1])
    expect(tally.voters).toEqual([0, 1, 2])
    expect(tally.weights).toBeNull()
  })
  it('agrees with the plain reference on any electorate', () => {
    fc.assert(
      fc.property(electorate, ({ d, block, ballots }) => {
        expect(tallySlice(slice(d), block, ballots)).toEqual(tallyPlain(slice(d), block, ballots))
      }),
    )
  })
  it('agrees with it for every weight and every number of voters to 70', () => {
    for (let voters = 0; voters <= 70; voters++) {
      const ballots = Array.from({ length: voters }, (_, k) => ({
        contributor: k,
        signs: Uint32Array.from({ length: 32 }, (_, w) => Math.imul(w * 71 + k + 1, 0x9e3779b1)),
        weights: k % 5 ? Uint8Array.from({ length: 16 }, (_, b) => (b + 3 * k) % 16) : null,
      }))
      const at = slice(1000)
      expect(tallySlice(at, 64, ballots).sums).toEqual(tallyPlain(at, 64, ballots).sums)
    }
  })
  it('counts 10,000 voters of the largest weight', () => {
    const signs = Uint32Array.of(0xffffffff, 0)
    const weights = Uint8Array.of(15)
    const ballots = Array.from({ length: 10_000 }, (_, contributor) => ({
      contributor,
      signs,
      weights,
    }))
    const { sums } = tallySlice(slice(64), 64, ballots)
    expect([sums[0], sums[31], sums[32], sums[63]]).toEqual([150_000, 150_000, -150_000, -150_000])
  })
  it('refuses a contributor that votes twice, and blocks that are no whole words', () => {
    const one = { contributor: 1, signs: Uint32Array.of(0), weights: null }
    expect(() => tallySlice(slice(3), 64, [one, one])).toThrow(DoubleVoteError)
    expect(() => tallySlice(slice(3), 4, [one])).toThrow(RangeError)
  })
})

describe('cutBallot', () => {
  it('slices of a ballot, tallied, are the ballot, at any cut and block', () => {
    const cut = fc.record({
      values: fc.array(fc.constantFrom(-1, 1), { minLength: 1, maxLength: 300 }),
      block: fc.constantFrom(4, 64),
      count: fc.integer({ min: 1, max: 9 }),
    })
    fc.assert(
      fc.property(cut, ({ values, block, count }) => {
        const d = values.length
        const weights = Uint8Array.from({ length: blockCount(d, block) }, (_, b) => b % 16)
        const ballot = {
          kind: 'ballot' as const,
          signs: packSigns(Float32Array.from(values), 'plus'),
          weights,
        }
        const sums = sliceRanges(d, block, count).flatMap((part) => {
          const mine = cutBallot(ballot, part, block, 0)
          const length = part.end - part.start
          expect(mine.signs.length).toBe(Math.ceil(length / 32))
          if (length % 32) expect((mine.signs.at(-1) ?? 0) >>> (length % 32)).toBe(0)
          return [...tallyPlain(part, block, [mine]).sums]
        })
        const expected = values.map((sign, i) => sign * (weights[Math.floor(i / block)] ?? 0))
        expect(sums).toEqual(expected.map((sum) => sum + 0))
      }),
    )
  })
  it('owns its buffers', () => {
    const ballot = { kind: 'ballot' as const, signs: Uint32Array.of(1, 2), weights: null }
    const cut = cutBallot(ballot, slice(64), 64, 0)
    ballot.signs[0] = 0
    expect(signAt(cut.signs, 0)).toBe(1)
  })
})

describe('mergeTallies', () => {
  it('is the tally of all ballots, however they were grouped', () => {
    fc.assert(
      fc.property(electorate, fc.array(fc.nat(3)), ({ d, block, ballots }, groupOf) => {
        const at = slice(d)
        const groups = [0, 1, 2, 3].map((group) =>
          ballots.filter((_, k) => (groupOf[k] ?? 0) === group).reverse(),
        )
        const merged = mergeTallies(groups.map((group) => tallyPlain(at, block, group)))
        expect(merged).toEqual(tallyPlain(at, block, ballots))
      }),
    )
  })
  it('refuses a voter in two tallies, and tallies of different slices', () => {
    const signs = Uint32Array.of(0)
    const tally = tallyPlain(slice(8), 4, [{ contributor: 7, signs, weights: null }])
    expect(() => mergeTallies([tally, tally])).toThrow(DoubleVoteError)
    const other = tallyPlain(slice(16, 8), 4, [{ contributor: 8, signs, weights: null }])
    expect(() => mergeTallies([tally, other])).toThrow(RangeError)
  })
  it('leaves the tallies it merges as they are', () => {
    const ballot = (contributor: number) => ({
      contributor,
      signs: Uint32Array.of(1),
      weights: null,
    })
    const one = tallyPlain(slice(1), 4, [ballot(1)])
    mergeTallies([one, tallyPlain(slice(1), 4, [ballot(2)])])
    expect([...one.sums]).toEqual([1])
  })
})
