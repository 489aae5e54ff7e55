import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { BlobStore } from '../training/ports.ts'

/** Compressed chunks that are kept in memory, oldest out first. */
const CACHE_BYTES = 64 * 1024 * 1024

interface Entry {
  readonly making: Promise<Buffer>
  /** Null while it is being made: only what is there can be forgotten. */
  sizeBytes: number | null
}

/** Compresses each chunk once, for all who ask, as long as it is remembered. */
export class CompressedChunks {
  readonly #blobs: Pick<BlobStore, 'get'>
  readonly #cacheBytes: number
  readonly #chunks = new Map<string, Entry>()
  #sizeBytes = 0

  constructor(blobs: Pick<BlobStore, 'get'>, cacheBytes = CACHE_BYTES) {
    this.#blobs = blobs
    this.#cacheBytes = cacheBytes
  }

  /** Rejects as the blob store does; a later call tries again. */
  async get(digest: string): Promise<Buffer> {
    const known = this.#chunks.get(digest)
    if (known) return known.making
    const entry: Entry = { making: this.#make(digest), sizeBytes: null }
    this.#chunks.set(digest, entry)
    try {
      const bytes = await entry.making
      entry.sizeBytes = bytes.length
      this.#sizeBytes += bytes.length
      this.#forgetOldest()
      return bytes
    } catch (error) {
      this.#chunks.delete(digest)
      throw error
    }
  }

  async #make(digest: string): Promise<Buffer> {
    return promisify(gzip)(await this.#blobs.get(digest), { level: 6 })
  }

  #forgetOldest(): void {
    for (const [digest, { sizeBytes }] of this.#chunks) {
      if (this.#sizeBytes <= this.#cacheBytes) return
      if (sizeBytes === null) continue
      this.#chunks.delete(digest)
      this.#sizeBytes -= sizeBytes
    }
  }
}
