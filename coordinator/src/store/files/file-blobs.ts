import { detailOf } from '@quorate/shared/failure/detail'
import { createHash, randomUUID } from 'node:crypto'
import { readFile, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CodedError } from '../../errors.ts'
import type { BlobStore } from '../../training/ports.ts'
import { MAX_BLOB_BYTES } from '../limits.ts'
import { failedWith, makeDirectory, writeWhole } from './disk.ts'

const DIGEST = /^[0-9a-f]{64}$/

/** Blobs as files, `ab/abcd…` under one folder. */
class FileBlobs implements BlobStore {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async put(bytes: Uint8Array): Promise<string> {
    if (bytes.length > MAX_BLOB_BYTES) {
      throw new CodedError('BLOB_TOO_LARGE', `${bytes.length} bytes, at most ${MAX_BLOB_BYTES}`)
    }
    const digest = sha256(bytes)
    // A copy: the caller's buffer may change before it is on disk.
    const copy = Uint8Array.from(bytes)
    try {
      // A file of another length is damaged and written afresh.
      if ((await this.#sizeOf(digest)) === bytes.length) return digest
      await makeDirectory(join(this.#folder, digest.slice(0, 2)))
      const temporary = join(this.#folder, `${digest}.${randomUUID()}.tmp`)
      await writeWhole(copy, temporary, this.#pathOf(digest))
    } catch (error) {
      throw new CodedError('BLOB_WRITE_FAILED', `blob ${digest}: ${detailOf(error)}`, error)
    }
    return digest
  }

  async get(digest: string): Promise<Uint8Array> {
    if (!DIGEST.test(digest)) throw notFound(digest)
    let bytes: Uint8Array
    try {
      bytes = await readFile(this.#pathOf(digest))
    } catch (error) {
      if (failedWith(error, 'ENOENT')) throw notFound(digest)
      throw new CodedError('BLOB_DAMAGED', `blob ${digest}: ${detailOf(error)}`, error)
    }
    if (sha256(bytes) !== digest) {
      throw new CodedError('BLOB_DAMAGED', `blob ${digest} has other bytes than it was given`)
    }
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /** Deletes what is not in `digests`, and what a killed process left half written. */
  async keepOnly(digests: ReadonlySet<string>): Promise<number> {
    let deleted = 0
    const files = await readdir(this.#folder, { recursive: true, withFileTypes: true })
    for (const file of files) {
      const isBlob = DIGEST.test(file.name)
      if (!file.isFile() || (isBlob && digests.has(file.name))) continue
      if (!isBlob && !file.name.endsWith('.tmp')) continue
      await rm(join(file.parentPath, file.name), { force: true })
      deleted++
    }
    return deleted
  }

  async #sizeOf(digest: string): Promise<number | null> {
    try {
      return (await stat(this.#pathOf(digest))).size
    } catch (error) {
      if (failedWith(error, 'ENOENT')) return null
      throw error
    }
  }

  #pathOf(digest: string): string {
    return join(this.#folder, digest.slice(0, 2), digest)
  }
}

/** Makes the folder where it is missing. */
export async function openFileBlobs(folder: string): Promise<FileBlobs> {
  await makeDirectory(folder)
  return new FileBlobs(folder)
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function notFound(digest: string): CodedError {
  return new CodedError('BLOB_NOT_FOUND', `no blob ${digest.slice(0, 80)}`)
}
