import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generator } from '../random/generator.ts'
import { dirichletShares, logGamma } from './gamma.ts'
import { PartitionError, partition } from './partition.ts'
import type { PartitionSettings } from './settings.ts'

const CLASSES = 10
/** 1,000 records, class k with 55 + 10·k of them. */
const labels = Uint8Array.from(
  Array.from({ length: CLASSES }, (_, k) => Array<number>(55 + 10 * k).fill(k)).flat(),
)
const anyKind = fc.constantFrom<PartitionSettings>(
  { kind: 'iid' },
  { kind: 'label' },
  { kind: 'dirichlet', alpha: 0.05 },
  { kind: 'dirichlet', alpha: 100 },
  { kind: 'quantity', exponent: 1 },
  { kind: 'quantity', exponent: 4 },
)
const classesOf = (records: Uint32Array) => new Set([...records].map((record) => labels[record]))

describe('partition', () => {
  it('puts every record into exactly one shard, and none is empty', () => {
    fc.assert(
      fc.property(anyKind, fc.integer({ min: 1, max: 1000 }), fc.nat(9), (kind, shards, seed) => {
        const cut = partition(labels, kind, shards, seed, CLASSES)
        expect(cut.length).toBe(shards)
        expect(Math.min(...cut.map((records) => records.length))).toBeGreaterThan(0)
        const all = cut.flatMap((records) => [...records]).sort((a, b) => a - b)
        expect(all).toEqual([...labels.keys()])
      }),
      { numRuns: 60 },
    )
  })
  it('is the same for the same seed and another for another', () => {
    const cut = (seed: number) => partition(labels, { kind: 'iid' }, 7, seed, CLASSES)
    expect(cut(1)).toEqual(cut(1))
    expect(cut(1)).not.toEqual(cut(2))
  })
  it('gives one class a shard where there are as many shards as classes', () => {
    const cut = partition(labels, { kind: 'label' }, CLASSES, 1, CLASSES)
    cut.forEach((records, shard) => {
      expect([...classesOf(records)]).toEqual([shard])
      expect(records.length).toBe(55 + 10 * shard)
    })
  })
  it('cuts sorted labels equally otherwise', () => {
    const cut = partition(labels, { kind: 'label' }, 20, 1, CLASSES)
    expect(new Set(cut.map((records) => records.length))).toEqual(new Set([50]))
    expect(Math.max(...cut.map((records) => classesOf(records).size))).toBeLessThanOrEqual(2)
  })
  it('cuts iid shards that differ by at most one record and hold every class', () => {
    const cut = partition(labels, { kind: 'iid' }, 7, 1, CLASSES)
    expect(new Set(cut.map((records) => records.length))).toEqual(new Set([142, 143]))
    for (const records of cut) expect(classesOf(records).size).toBe(CLASSES)
  })
  it('skews classes by Dirichlet: almost whole for a small α, almost even for a large one', () => {
    const largestShare = (alpha: number) => {
      const cut = partition(labels, { kind: 'dirichlet', alpha }, 10, 3, CLASSES)
      const ofNine = cut.map((records) => [...records].filter((r) => labels[r] === 9).length)
      return Math.max(...ofNine) / 145
    }
    expect(largestShare(0.001)).toBeGreaterThan(0.95)
    expect(largestShare(1000)).toBeLessThan(0.15)
  })
  it('gives shard sizes of a power law, in random order', () => {
    const cut = partition(labels, { kind: 'quantity', exponent: 1 }, 4, 1, CLASSES)
    const harmonic = 1 + 1 / 2 + 1 / 3 + 1 / 4
    cut.forEach((records, k) => {
      expect(Math.abs(records.length - 1000 / harmonic / (k + 1))).toBeLessThan(2)
    })
    expect(classesOf(cut[0]?.slice(0, 100) ?? new Uint32Array()).size).toBeGreaterThan(7)
  })
  it('shares one shard of everything', () => {
    expect(partition(labels, { kind: 'shared' }, 1, 1, CLASSES)[0]?.length).toBe(1000)
  })
  it('says so when shards would be empty', () => {
    const impossible = () => partition(labels.slice(0, 3), { kind: 'iid' }, 4, 1, CLASSES)
    expect(impossible).toThrow(PartitionError)
    const noNines = labels.slice(0, 100)
    expect(() => partition(noNines, { kind: 'label' }, CLASSES, 1, CLASSES)).toThrow(PartitionError)
    expect(() => partition(labels, { kind: 'shared' }, 2, 1, CLASSES)).toThrow(PartitionError)
  })
})

describe('gamma', () => {
  it('gives all to one for a concentration near 0, never nothing to all', () => {
    const shares = dirichletShares(1e-9, 10, generator(1))
    expect(shares.filter((share) => share > 0)).toEqual([1])
  })
  it.each([0.3, 1, 4.5])('of shape %d has that mean and variance (2e4 draws, 6 s.e.)', (shape) => {
    const chance = generator(4, Math.round(10 * shape))
    const draws = Array.from({ length: 2e4 }, () => Math.exp(logGamma(shape, chance)))
    const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length
    const variance = draws.reduce((sum, x) => sum + (x - shape) ** 2, 0) / draws.length
    const fourth = 3 * shape ** 2 + 6 * shape
    expect(Math.abs(mean - shape)).toBeLessThan(6 * Math.sqrt(shape / 2e4))
    expect(Math.abs(variance - shape)).toBeLessThan(6 * Math.sqrt((fourth - shape ** 2) / 2e4))
  })
})
