import { z } from 'zod'

/** How a data set is cut into shards. */
export const partitionSettings = z.discriminatedUnion('kind', [
  /** Everyone draws from all the data: one shard that every contributor leases. */
  z.strictObject({ kind: z.literal('shared') }),
  z.strictObject({ kind: z.literal('iid') }),
  /** Records sorted by label and cut into equal shards; with as many shards as classes, one class each. */
  z.strictObject({ kind: z.literal('label') }),
  z.strictObject({ kind: z.literal('dirichlet'), alpha: z.number().gt(0).max(1000).default(0.3) }),
  /** iid, but shard sizes follow a power law of this exponent. */
  z.strictObject({ kind: z.literal('quantity'), exponent: z.number().gt(0).max(4).default(1) }),
])
export type PartitionSettings = z.infer<typeof partitionSettings>

/** Records in a chunk, the unit that is downloaded and leased. */
export const CHUNK_RECORDS = 500
