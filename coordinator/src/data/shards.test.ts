import { demoSettings, runSettings } from '@quorate/shared/run/settings'
import { decodeChunk } from '@quorate/shared/wire/chunk'
import { expect, test } from 'vitest'
import { MemoryBlobs } from '../store/memory/memory-blobs.ts'
import type { DataSet } from './data-set.ts'
import { makeShards } from './shards.ts'

/** 1,200 records of two classes; a record's two features are its index. */
const records = 1200
const dataSet: DataSet = {
  id: 'x',
  name: 'x',
  shape: { input: [1, 2, 1], classes: 2 },
  recordBytes: 2,
  labels: Uint8Array.from({ length: records }, (_, index) => index % 2),
  features: Uint8Array.from({ length: 2 * records }, (_, at) => (at >> 1) >> (8 * (at & 1))),
  test: { labels: new Uint8Array(1), features: new Uint8Array(2) },
}
const settings = runSettings.parse({ ...demoSettings, shards: 2 })
const expected = { recordSize: 2, classes: 2 }

test('shards hold every record once with its label, in chunks of at most 500', async () => {
  const blobs = new MemoryBlobs()
  const shards = await makeShards(dataSet, settings, blobs)
  expect(shards.map(({ labels }) => labels)).toEqual([
    [600, 0],
    [0, 600],
  ])
  const seen: number[] = []
  for (const { chunks } of shards) {
    expect(chunks.map((chunk) => chunk.records)).toEqual([500, 100])
    for (const { digest, sizeBytes } of chunks) {
      const bytes = await blobs.get(digest)
      expect(bytes).toHaveLength(sizeBytes)
      const { labels, features } = decodeChunk(bytes, expected)
      labels.forEach((label, index) => {
        const record = (features[2 * index] ?? 0) + 256 * (features[2 * index + 1] ?? 0)
        expect(label).toBe(record % 2)
        seen.push(record)
      })
    }
  }
  expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: records }, (_, i) => i))
})

test('the same seed gives the same chunks, another seed others', async () => {
  const digests = async (seed: number) => {
    const shards = await makeShards(dataSet, { ...settings, seed }, new MemoryBlobs())
    return shards.flatMap(({ chunks }) => chunks.map(({ digest }) => digest))
  }
  expect(await digests(1)).toEqual(await digests(1))
  expect(await digests(1)).not.toEqual(await digests(2))
})
