import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { openDataSets } from './data-sets.ts'

const idx = (dimensions: number[], elements: number[]) =>
  Buffer.from([0, 0, 8, dimensions.length, ...dimensions.flatMap((n) => [0, 0, 0, n]), ...elements])

const tiny = {
  'train-images-idx3-ubyte': idx([3, 1, 2], [1, 2, 3, 4, 5, 6]),
  'train-labels-idx1-ubyte': idx([3], [0, 1, 2]),
  't10k-images-idx3-ubyte.gz': gzipSync(idx([1, 1, 2], [7, 8])),
  't10k-labels-idx1-ubyte': idx([1], [1]),
}

async function withFiles(
  files: Record<string, Buffer>,
  body: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'quorate-data-'))
  await mkdir(join(folder, 'tiny'))
  for (const [name, bytes] of Object.entries(files)) {
    await writeFile(join(folder, 'tiny', name), bytes)
  }
  try {
    await body(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

describe('the data sets', () => {
  test('include MNIST as published: 60,000 and 10,000 records of ten classes', async () => {
    const sets = await openDataSets('/nowhere')
    expect(sets.ids()).toEqual(['mnist'])
    const mnist = await sets.open('mnist')
    expect(mnist.shape).toEqual({ input: [28, 28, 1], classes: 10 })
    expect([mnist.labels.length, mnist.test.labels.length]).toEqual([60_000, 10_000])
    expect(mnist.features).toHaveLength(60_000 * 784)
    expect([...mnist.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9])
    expect(await sets.open('mnist')).toBe(mnist)
  })

  test('include a folder with the four files, gzipped or not', async () => {
    await withFiles(tiny, async (folder) => {
      const sets = await openDataSets(folder)
      expect(sets.ids()).toEqual(['mnist', 'tiny'])
      expect(await sets.open('tiny')).toEqual({
        id: 'tiny',
        name: 'tiny',
        shape: { input: [1, 2, 1], classes: 3 },
        recordBytes: 2,
        labels: new Uint8Array([0, 1, 2]),
        features: new Uint8Array([1, 2, 3, 4, 5, 6]),
        test: { labels: new Uint8Array([1]), features: new Uint8Array([7, 8]) },
      })
    })
  })

  test('refuse one that is not there', async () => {
    const sets = await openDataSets('/nowhere')
    await expect(sets.open('cifar')).rejects.toMatchObject({ code: 'DATA_SET_NOT_FOUND' })
    await expect(sets.open('../tiny')).rejects.toMatchObject({ code: 'DATA_SET_NOT_FOUND' })
  })

  test('refuse files that do not belong together, and read them again when put right', async () => {
    const name = 'train-labels-idx1-ubyte'
    await withFiles({ ...tiny, [name]: idx([2], [0, 1]) }, async (folder) => {
      const sets = await openDataSets(folder)
      await expect(sets.open('tiny')).rejects.toMatchObject({ code: 'DATA_SET_INVALID' })
      await writeFile(join(folder, 'tiny', name), tiny[name])
      expect((await sets.open('tiny')).labels).toHaveLength(3)
    })
  })

  test.each([
    ['a file missing', { 't10k-labels-idx1-ubyte': null }, 'IDX_UNREADABLE'],
    ['labels of two dimensions', { 't10k-labels-idx1-ubyte': idx([1, 1], [1]) }, 'IDX_DIMENSIONS'],
    ['images of one', { 'train-images-idx3-ubyte': idx([3], [1, 2, 3]) }, 'IDX_DIMENSIONS'],
    [
      'other records for the test',
      { 't10k-images-idx3-ubyte.gz': idx([1, 2, 2], [1, 2, 3, 4]) },
      'DATA_SET_INVALID',
    ],
    [
      'signed bytes',
      { 't10k-labels-idx1-ubyte': Buffer.from([0, 0, 9, 1, 0, 0, 0, 1, 1]) },
      'IDX_TYPE',
    ],
  ])('refuse %s', async (_, change, code) => {
    const files = Object.entries({ ...tiny, ...change }).filter(([, bytes]) => bytes !== null)
    await withFiles(Object.fromEntries(files) as Record<string, Buffer>, async (folder) => {
      const sets = await openDataSets(folder)
      await expect(sets.open('tiny')).rejects.toMatchObject({ code })
    })
  })
})
