import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { CompressedChunks } from './compressed-chunks.ts'

/** Blobs whose reading the test lets succeed or fail. */
function slowBlobs() {
  const reads = new Map<
    string,
    { resolve: (bytes: Uint8Array) => void; reject: (error: Error) => void }
  >()
  let count = 0
  const get = (digest: string) => {
    count += 1
    return new Promise<Uint8Array>((resolve, reject) => reads.set(digest, { resolve, reject }))
  }
  return { get, read: (digest: string) => reads.get(digest), count: () => count }
}

test('a chunk that cannot be read fails its own request; others neither fail nor wait', async () => {
  const blobs = slowBlobs()
  const chunks = new CompressedChunks(blobs, 1)
  const broken = chunks.get('broken')
  const whole = chunks.get('whole')
  blobs.read('whole')?.resolve(new Uint8Array(9))
  // The cache is full, and the oldest entry is still being made.
  expect(gunzipSync(await whole)).toHaveLength(9)
  blobs.read('broken')?.reject(new Error('gone'))
  await expect(broken).rejects.toThrow('gone')
})

test('each is compressed once for all who ask at a time, and again when it was forgotten', async () => {
  const blobs = slowBlobs()
  const chunks = new CompressedChunks(blobs, 1)
  const asked = [chunks.get('a'), chunks.get('a')]
  blobs.read('a')?.resolve(new Uint8Array(9))
  await Promise.all(asked)
  expect(blobs.count()).toBe(1)
  const again = chunks.get('a')
  blobs.read('a')?.resolve(new Uint8Array(9))
  await again
  expect(blobs.count()).toBe(2)
})
