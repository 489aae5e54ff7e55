import { createHash } from 'node:crypto'
import { basename, resolve } from 'node:path'
import type { DataSet } from '@quorate/coordinator/data/data-set'
import { openDataSets, readDataSet } from '@quorate/coordinator/data/data-sets'
import type { BlobStore } from '@quorate/coordinator/training/ports'

/** MNIST, or the four IDX files in `folder`. Rejects with an IDX_ code or DATA_SET_INVALID. */
export async function openData(folder: string | null): Promise<DataSet> {
  if (folder !== null) return readDataSet({ id: dataSetId(folder), name: folder, folder })
  const mnist = await openDataSets(resolve('data-sets'))
  return mnist.open('mnist')
}

/** The name that a run gives to the data in `folder`. */
export function dataSetId(folder: string | null): string {
  if (folder === null) return 'mnist'
  const words =
    basename(resolve(folder))
      .toLowerCase()
      .match(/[a-z0-9]+/g) ?? []
  return words.join('-').slice(0, 40) || 'data'
}

/** Chunks by digest. Handed out without a copy: whoever decodes one holds views of it. */
export class SharedChunks implements Pick<BlobStore, 'put' | 'get'> {
  readonly #chunks = new Map<string, Uint8Array>()

  async put(bytes: Uint8Array): Promise<string> {
    const digest = createHash('sha256').update(bytes).digest('hex')
    this.#chunks.set(digest, bytes)
    return digest
  }

  async get(digest: string): Promise<Uint8Array> {
    const bytes = this.#chunks.get(digest)
    if (!bytes) throw new Error(`no chunk ${digest}`)
    return bytes
  }
}
