import type { DataSet, Records } from '@quorate/coordinator/data/data-set'
import { makeShards } from '@quorate/coordinator/data/shards'
import type { BlobStore, StoredShard } from '@quorate/coordinator/training/ports'
import type { SimulationSettings } from './settings.ts'

/**
 * The shards of a simulation: those of its run, or with a lone class all records of that class as
 * shard 0 and the run's partition of the rest as the others.
 *
 * @throws PartitionError
 */
export async function shardsOf(
  { run, loneClass }: SimulationSettings,
  data: DataSet,
  chunks: Pick<BlobStore, 'put'>,
): Promise<StoredShard[]> {
  if (loneClass === null) return makeShards(data, run, chunks)
  const alone = { ...run, partition: { kind: 'shared' as const }, shards: 1 }
  const others = { ...run, shards: run.shards - 1 }
  const one = await makeShards(
    only(data, (label) => label === loneClass),
    alone,
    chunks,
  )
  const rest = await makeShards(
    only(data, (label) => label !== loneClass),
    others,
    chunks,
  )
  return [...one, ...rest].map((each, shard) => ({ ...each, shard }))
}

/** The data set without the training records of other labels. */
function only(data: DataSet, keep: (label: number) => boolean): DataSet {
  const { recordBytes } = data
  const kept = [...data.labels.keys()].filter((record) => keep(data.labels[record] ?? -1))
  const features = new Uint8Array(kept.length * recordBytes)
  kept.forEach((record, at) => {
    const from = record * recordBytes
    features.set(data.features.subarray(from, from + recordBytes), at * recordBytes)
  })
  const records: Records = {
    labels: Uint8Array.from(kept, (record) => data.labels[record] ?? 0),
    features,
  }
  return { ...data, ...records }
}
