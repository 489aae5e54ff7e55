import { generator } from '../random/generator.ts'

/** What a contributor's batch of one round is drawn from. */
export interface BatchOrder {
  readonly seed: number
  readonly round: number
  /** Records in the batch. */
  readonly batch: number
  /**
   * The contributor's number where several hold the same shard (a shared partition), so that each
   * draws its own; else 0, and a batch follows from seed, round and shard alone.
   */
  readonly stream: number
  /** Held shards, with the number of their records that are held. */
  readonly shards: readonly { readonly shard: number; readonly records: number }[]
}

/** Path of the batches' chance under a run's seed. */
const BATCH_PATH = 0x62617463

/**
 * The records of a batch, with replacement: `record` counts 0..records − 1 within the held part
 * of `shard`. Every held shard gives an equal share; what does not divide rotates with the round.
 * Shard s gives the first so many indices of the sequence at (seed, round, s), whichever other
 * shards are held, so that a batch can be recomputed. A shard of which no records are held yet
 * gives none.
 */
export function drawBatch(order: BatchOrder): { shard: number; record: number }[] {
  const { seed, round, batch, stream } = order
  const shards = order.shards.filter(({ records }) => records > 0)
  const share = Math.floor(batch / shards.length)
  const rest = batch - share * shards.length
  return shards.flatMap(({ shard, records }, k) => {
    const place = (k + shards.length - ((round * rest) % shards.length)) % shards.length
    const chance = generator(seed, BATCH_PATH, round, shard, stream)
    const count = share + (place < rest ? 1 : 0)
    return Array.from({ length: count }, () => ({ shard, record: chance.below(records) }))
  })
}
