import type { Generator } from '../random/generator.ts'
import { generator, shuffle } from '../random/generator.ts'
import { dirichletShares } from './gamma.ts'
import type { PartitionSettings } from './settings.ts'

/** The data cannot be cut into so many shards: one would be empty. */
export class PartitionError extends Error {
  readonly code = 'PARTITION_NOT_POSSIBLE'
}

/** Path of the partition's chance under a run's seed. */
const PARTITION_PATH = 0x70617274

/**
 * The record indices of each shard; every record is in exactly one shard, no shard is empty, and
 * each shard is in random order, so that any of its chunks is a fair sample of it.
 *
 * `labels` [N] has each record's class, 0..classes − 1; a "shared" partition is one shard.
 *
 * @throws PartitionError when a shard would be empty.
 */
export function partition(
  labels: Uint8Array,
  settings: PartitionSettings,
  shards: number,
  seed: number,
  classes: number,
): Uint32Array[] {
  if (shards > labels.length || shards < 1) {
    throw new PartitionError(`${labels.length} records cannot be cut into ${shards} shards`)
  }
  const chance = generator(seed, PARTITION_PATH)
  const data = { labels, classes, shards, chance }
  const cut = cutOf(data, settings)
  const empty = cut.findIndex((shard) => shard.length === 0)
  if (empty >= 0) throw new PartitionError(`shard ${empty} of ${shards} would have no records`)
  for (const shard of cut) shuffle(shard, chance)
  return cut
}

interface Data {
  readonly labels: Uint8Array
  readonly classes: number
  readonly shards: number
  readonly chance: Generator
}

function cutOf(data: Data, settings: PartitionSettings): Uint32Array[] {
  switch (settings.kind) {
    case 'shared':
      if (data.shards !== 1) {
        throw new PartitionError(`a shared partition has one shard, not ${data.shards}`)
      }
      return [shuffled(data)]
    case 'iid':
      return cutEqually(shuffled(data), data.shards)
    case 'label': {
      const byClass = recordsByClass(data)
      if (data.shards === data.classes) return byClass
      return cutEqually(concatenate(byClass), data.shards)
    }
    case 'dirichlet':
      return fillEmpty(cutDirichlet(data, settings.alpha))
    case 'quantity':
      return cutAt(shuffled(data), powerLawSizes(data, settings.exponent))
  }
}

/** All records in random order. */
function shuffled({ labels, chance }: Data): Uint32Array {
  const records = Uint32Array.from(labels, (_, record) => record)
  shuffle(records, chance)
  return records
}

/** Per class, its records in random order. */
function recordsByClass(data: Data): Uint32Array[] {
  const byClass: number[][] = Array.from({ length: data.classes }, () => [])
  for (const record of shuffled(data)) {
    const label = data.labels[record] ?? NaN
    const list = byClass[label]
    if (!list) throw new RangeError(`record ${record} is of class ${label} of ${data.classes}`)
    list.push(record)
  }
  return byClass.map((records) => Uint32Array.from(records))
}

/**
 * Every class is cut in proportions drawn from a symmetric Dirichlet distribution.
 *
 * Source: Hsu et al. 2019, arXiv 1909.06335, and Li et al. 2021, arXiv 2102.02079, section 4.
 */
function cutDirichlet(data: Data, alpha: number): Uint32Array[] {
  const parts: Uint32Array[][] = Array.from({ length: data.shards }, () => [])
  for (const records of recordsByClass(data)) {
    const sizes = sizesOf(dirichletShares(alpha, data.shards, data.chance), records.length)
    cutAt(records, sizes).forEach((part, shard) => parts[shard]?.push(part))
  }
  return parts.map(concatenate)
}

/** One record from the largest shard for each that got none. */
function fillEmpty(shards: Uint32Array[]): Uint32Array[] {
  const filled = [...shards]
  for (let to = 0; to < filled.length; to++) {
    if (filled[to]?.length !== 0) continue
    const from = filled.reduce(
      (best, shard, k) => (shard.length > (filled[best]?.length ?? 0) ? k : best),
      0,
    )
    const largest = filled[from] ?? new Uint32Array()
    filled[to] = largest.slice(0, 1)
    filled[from] = largest.slice(1)
  }
  return filled
}

/** Sizes in proportion to 1, 2^−a, 3^−a, …, at least one record each. */
function powerLawSizes({ labels, shards }: Data, exponent: number): number[] {
  const shares = Array.from({ length: shards }, (_, k) => (k + 1) ** -exponent)
  return sizesOf(shares, labels.length - shards).map((size) => size + 1)
}

/** `total` in whole parts as near as can be to `shares`: each cut is rounded, so the sum holds. */
function sizesOf(shares: readonly number[], total: number): number[] {
  const sum = shares.reduce((all, share) => all + share, 0)
  let reached = 0
  let before = 0
  return shares.map((share, k) => {
    reached += share
    const cut = k === shares.length - 1 ? total : Math.round((total * reached) / sum)
    const size = cut - before
    before = cut
    return size
  })
}

/** Parts whose sizes differ by at most one, the larger first. */
function cutEqually(records: Uint32Array, parts: number): Uint32Array[] {
  const short = Math.floor(records.length / parts)
  const longer = records.length - short * parts
  return cutAt(
    records,
    Array.from({ length: parts }, (_, k) => short + (k < longer ? 1 : 0)),
  )
}

function cutAt(records: Uint32Array, sizes: readonly number[]): Uint32Array[] {
  let next = 0
  return sizes.map((size) => {
    next += size
    return records.slice(next - size, next)
  })
}

function concatenate(parts: readonly Uint32Array[]): Uint32Array {
  const all = new Uint32Array(parts.reduce((size, part) => size + part.length, 0))
  let next = 0
  for (const part of parts) {
    all.set(part, next)
    next += part.length
  }
  return all
}
