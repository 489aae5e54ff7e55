import { detailOf } from '@quorate/shared/failure/detail'
import { createHash, randomUUID } from 'node:crypto'
import { basename, join } from 'node:path'
import { systemClock } from '@quorate/shared/clock/system-clock'
import { CodedError } from '../../errors.ts'
import type { BlobStore } from '../../training/ports.ts'
import { MAX_BLOB_BYTES } from '../limits.ts'
import type { Disk } from './disk.ts'
import { failedWith, makeDirectory, realDisk, removeIfThere, writeWhole } from './disk.ts'

const DIGEST = /^[0-9a-f]{64}$/

export interface FileBlobsOptions {
  readonly disk: Disk
  /** The time that files are dated by. */
  readonly nowMs: () => number
}

/** Blobs as files, `ab/abcd…` under one folder. */
class FileBlobs implements BlobStore {
  readonly #folder: string
  readonly #disk: Disk
  readonly #nowMs: () => number
  /** What is put at this moment is not deleted, and what is deleted is not taken for there. */
  readonly #putting = new Map<string, number>()
  readonly #removing = new Map<string, Promise<void>>()

  constructor(folder: string, { disk, nowMs }: FileBlobsOptions) {
    this.#folder = folder
    this.#disk = disk
    this.#nowMs = nowMs
  }

  async put(bytes: Uint8Array): Promise<string> {
    const count = (digest: string, change: 1 | -1) => {
      const now = (this.#putting.get(digest) ?? 0) + change
      if (now > 0) this.#putting.set(digest, now)
      else this.#putting.delete(digest)
    }
    if (bytes.length > MAX_BLOB_BYTES) {
      throw new CodedError('BLOB_TOO_LARGE', `${bytes.length} bytes, at most ${MAX_BLOB_BYTES}`)
    }
    const digest = sha256(bytes)
    // A copy: the caller's buffer may change before it is on disk.
    const copy = Uint8Array.from(bytes)
    count(digest, 1)
    try {
      await this.#removing.get(digest)
      // A file that is damaged is written afresh.
      if (await this.#isWhole(digest)) return digest
      await makeDirectory(join(this.#folder, digest.slice(0, 2)), this.#disk)
      const temporaryPath = join(this.#folder, `${digest}.${randomUUID()}.tmp`)
      await writeWhole(this.#disk, copy, { path: this.#pathOf(digest), temporaryPath })
    } catch (error) {
      throw new CodedError('BLOB_WRITE_FAILED', `blob ${digest}: ${detailOf(error)}`, error)
    } finally {
      count(digest, -1)
    }
    return digest
  }

  async get(digest: string): Promise<Uint8Array> {
    if (!DIGEST.test(digest)) throw notFound(digest)
    let bytes: Uint8Array
    try {
      bytes = await this.#disk.readFile(this.#pathOf(digest))
    } catch (error) {
      if (failedWith(error, 'ENOENT')) throw notFound(digest)
      throw new CodedError('BLOB_DAMAGED', `blob ${digest}: ${detailOf(error)}`, error)
    }
    if (sha256(bytes) !== digest) {
      throw new CodedError('BLOB_DAMAGED', `blob ${digest} has other bytes than it was given`)
    }
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /**
   * Deletes what is not in `digests`, and what a killed process left half written; but nothing that
   * was put, or put again, since `untilMs`. Returns how many files went.
   */
  async keepOnly(
    digests: ReadonlySet<string>,
    untilMs: number = Number.POSITIVE_INFINITY,
  ): Promise<number> {
    let deleted = 0
    for (const path of await this.#files()) {
      const name = basename(path)
      const isBlob = DIGEST.test(name)
      if (isBlob ? digests.has(name) : !name.endsWith('.tmp')) continue
      if ((await this.#disk.stat(path)).modifiedAtMs >= untilMs) continue
      if (this.#putting.has(name)) continue
      const removed = removeIfThere(this.#disk, path)
      this.#removing.set(name, removed)
      await removed.finally(() => this.#removing.delete(name))
      deleted++
    }
    return deleted
  }

  async #files(): Promise<string[]> {
    const files: string[] = []
    for (const name of await this.#disk.names(this.#folder)) {
      const path = join(this.#folder, name)
      if (!(await this.#disk.stat(path)).isDirectory) files.push(path)
      else if (/^[0-9a-f]{2}$/.test(name)) {
        files.push(...(await this.#disk.names(path)).map((inside) => join(path, inside)))
      }
    }
    return files
  }

  /** Whether the file is there with its bytes; it then counts as put now. */
  async #isWhole(digest: string): Promise<boolean> {
    const path = this.#pathOf(digest)
    try {
      if (sha256(await this.#disk.readFile(path)) !== digest) return false
      await this.#disk.touch(path, this.#nowMs())
      return true
    } catch (error) {
      // What cannot be read is replaced, which says what is wrong if it cannot be written either.
      if (failedWith(error, 'ENOENT') || failedWith(error, 'EIO')) return false
      throw error
    }
  }

  #pathOf(digest: string): string {
    return join(this.#folder, digest.slice(0, 2), digest)
  }
}

/** Makes the folder where it is missing. */
export async function openFileBlobs(
  folder: string,
  options: Partial<FileBlobsOptions> = {},
): Promise<FileBlobs> {
  const { disk = realDisk, nowMs = () => systemClock.nowMs() } = options
  await makeDirectory(folder, disk)
  return new FileBlobs(folder, { disk, nowMs })
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function notFound(digest: string): CodedError {
  return new CodedError('BLOB_NOT_FOUND', `no blob ${digest.slice(0, 80)}`)
}
