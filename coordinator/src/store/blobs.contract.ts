import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { BlobStore } from '../training/ports.ts'

export interface BlobsUnderTest {
  readonly blobs: BlobStore
  reopen(): Promise<BlobStore>
  dispose(): Promise<void>
}

/** What every implementation of `BlobStore` does. */
export function blobsContract(name: string, make: () => Promise<BlobsUnderTest>): void {
  describe(`${name} as a blob store`, () => {
    test('what was put is got under its SHA-256, by the next process too', async () => {
      const under = await make()
      const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index & 255)
      const digest = await under.blobs.put(bytes)
      expect(digest).toBe(createHash('sha256').update(bytes).digest('hex'))
      expect(await under.blobs.get(digest)).toEqual(bytes)
      expect(await (await under.reopen()).get(digest)).toEqual(bytes)
      await under.dispose()
    })

    test('putting the same again, also at the same time, does nothing', async () => {
      const under = await make()
      const bytes = new Uint8Array([1, 2, 3])
      const digests = await Promise.all([1, 2, 3].map(() => under.blobs.put(bytes)))
      expect(new Set(digests).size).toBe(1)
      expect(await under.blobs.put(bytes)).toBe(digests[0])
      await under.dispose()
    })

    test('the blob does not change with the caller’s buffer', async () => {
      const under = await make()
      const bytes = new Uint8Array([1, 2, 3])
      const digest = await under.blobs.put(bytes)
      bytes.fill(9)
      const got = await under.blobs.get(digest)
      got.fill(7)
      expect([...(await under.blobs.get(digest))]).toEqual([1, 2, 3])
      await under.dispose()
    })

    test('an empty blob is a blob', async () => {
      const under = await make()
      expect(await under.blobs.get(await under.blobs.put(new Uint8Array(0)))).toHaveLength(0)
      await under.dispose()
    })

    test('an unknown digest and what is no digest at all are not found', async () => {
      const under = await make()
      for (const digest of ['0'.repeat(64), 'abc', '../../etc/passwd', '']) {
        await expect(under.blobs.get(digest)).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' })
      }
      await under.dispose()
    })
  })
}
