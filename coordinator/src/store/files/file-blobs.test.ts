import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { blobsContract } from '../blobs.contract.ts'
import { MAX_BLOB_BYTES } from '../limits.ts'
import { openFileBlobs } from './file-blobs.ts'

const temporaryFolder = () => mkdtemp(join(tmpdir(), 'quorate-blobs-'))

blobsContract('files', async () => {
  const folder = await temporaryFolder()
  return {
    blobs: await openFileBlobs(folder),
    reopen: () => openFileBlobs(folder),
    dispose: () => rm(folder, { recursive: true }),
  }
})

test('a blob whose bytes changed on disk is BLOB_DAMAGED, and put repairs a shortened one', async () => {
  const folder = await temporaryFolder()
  const blobs = await openFileBlobs(folder)
  const bytes = new Uint8Array([1, 2, 3, 4])
  const digest = await blobs.put(bytes)
  const path = join(folder, digest.slice(0, 2), digest)
  await writeFile(path, new Uint8Array([1, 2, 3]))
  await expect(blobs.get(digest)).rejects.toMatchObject({ code: 'BLOB_DAMAGED' })
  await blobs.put(bytes)
  expect(await blobs.get(digest)).toEqual(bytes)
  await rm(folder, { recursive: true })
})

test('a blob over the limit is refused before it is hashed', async () => {
  const folder = await temporaryFolder()
  const blobs = await openFileBlobs(folder)
  const huge = new Uint8Array(MAX_BLOB_BYTES + 1)
  await expect(blobs.put(huge)).rejects.toMatchObject({ code: 'BLOB_TOO_LARGE' })
  await rm(folder, { recursive: true })
})

test('keepOnly deletes what no run needs and what was left half written', async () => {
  const folder = await temporaryFolder()
  const blobs = await openFileBlobs(folder)
  const kept = await blobs.put(new Uint8Array([1]))
  const gone = await blobs.put(new Uint8Array([2]))
  await writeFile(join(folder, `${gone}.1234.tmp`), 'half')
  await writeFile(join(folder, 'README'), 'not ours')
  expect(await blobs.keepOnly(new Set([kept]))).toBe(2)
  expect(await blobs.get(kept)).toEqual(new Uint8Array([1]))
  await expect(blobs.get(gone)).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' })
  expect(await readdir(folder)).toContain('README')
  await rm(folder, { recursive: true })
})

test('blobs can be read by their owner only', async () => {
  const folder = await temporaryFolder()
  const blobs = await openFileBlobs(folder)
  const digest = await blobs.put(new Uint8Array([1]))
  expect((await stat(join(folder, digest.slice(0, 2), digest))).mode & 0o777).toBe(0o600)
  await rm(folder, { recursive: true })
})
