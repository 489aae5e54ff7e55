import { partition } from '@quorate/shared/partition/partition'
import { CHUNK_RECORDS } from '@quorate/shared/partition/settings'
import type { RunSettings } from '@quorate/shared/run/settings'
import { encodeChunk } from '@quorate/shared/wire/chunk'
import type { BlobStore, StoredShard } from '../training/ports.ts'
import type { DataSet } from './data-set.ts'

/**
 * Cuts a data set into the shards of a run and writes their chunks; the partition has shuffled
 * each shard's records, so that every chunk looks like its shard.
 *
 * @throws PartitionError
 */
export async function makeShards(
  dataSet: DataSet,
  settings: RunSettings,
  blobs: Pick<BlobStore, 'put'>,
): Promise<StoredShard[]> {
  const { labels, shape } = dataSet
  const parts = partition(labels, settings.partition, settings.shards, settings.seed, shape.classes)
  const shards: StoredShard[] = []
  for (const [shard, records] of parts.entries()) {
    const chunks: StoredShard['chunks'][number][] = []
    for (let from = 0; from < records.length; from += CHUNK_RECORDS) {
      const bytes = chunkOf(dataSet, records.subarray(from, from + CHUNK_RECORDS))
      const digest = await blobs.put(bytes)
      const count = Math.min(CHUNK_RECORDS, records.length - from)
      chunks.push({ digest, records: count, sizeBytes: bytes.length })
    }
    shards.push({ shard, chunks, labels: histogram(dataSet, records) })
  }
  return shards
}

function chunkOf(dataSet: DataSet, records: Uint32Array): Uint8Array {
  const { recordBytes } = dataSet
  const labels = new Uint8Array(records.length)
  const features = new Uint8Array(records.length * recordBytes)
  records.forEach((record, index) => {
    labels[index] = dataSet.labels[record] ?? 0
    const from = record * recordBytes
    features.set(dataSet.features.subarray(from, from + recordBytes), index * recordBytes)
  })
  return encodeChunk({ records: records.length, labels, features })
}

function histogram(dataSet: DataSet, records: Uint32Array): number[] {
  const counts = new Array<number>(dataSet.shape.classes).fill(0)
  for (const record of records) {
    const label = dataSet.labels[record] ?? 0
    counts[label] = (counts[label] ?? 0) + 1
  }
  return counts
}
