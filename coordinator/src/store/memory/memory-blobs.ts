import { createHash } from 'node:crypto'
import { CodedError } from '../../errors.ts'
import type { BlobStore } from '../../training/ports.ts'
import { MAX_BLOB_BYTES } from '../limits.ts'

/** Blobs in a map. */
export class MemoryBlobs implements BlobStore {
  readonly #blobs = new Map<string, Uint8Array>()

  async put(bytes: Uint8Array): Promise<string> {
    if (bytes.length > MAX_BLOB_BYTES) {
      throw new CodedError('BLOB_TOO_LARGE', `${bytes.length} bytes, at most ${MAX_BLOB_BYTES}`)
    }
    const digest = createHash('sha256').update(bytes).digest('hex')
    if (!this.#blobs.has(digest)) this.#blobs.set(digest, bytes.slice())
    return digest
  }

  async get(digest: string): Promise<Uint8Array> {
    const bytes = this.#blobs.get(digest)
    if (!bytes) throw new CodedError('BLOB_NOT_FOUND', `no blob ${digest}`)
    return bytes.slice()
  }

  async keepOnly(digests: ReadonlySet<string>): Promise<number> {
    const others = [...this.#blobs.keys()].filter((digest) => !digests.has(digest))
    for (const digest of others) this.#blobs.delete(digest)
    return others.length
  }
}
