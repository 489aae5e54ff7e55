import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDataDirectory } from './data-directory.ts'

async function inFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const parent = await mkdtemp(join(tmpdir(), 'quorate-directory-'))
  await body(join(parent, 'data'))
  await rm(parent, { recursive: true })
}

test('the folder is made for its owner alone, and held once', () =>
  inFolder(async (folder) => {
    const directory = await openDataDirectory(folder)
    expect((await stat(folder)).mode & 0o777).toBe(0o700)
    await expect(openDataDirectory(folder)).rejects.toMatchObject({ code: 'DATA_LOCKED' })
    await directory.release()
    const again = await openDataDirectory(folder)
    await again.release()
    expect(await readdir(folder)).toEqual([])
  }))

test('the lock of a process that is gone is taken over, of a living one never', () =>
  inFolder(async (folder) => {
    await (await openDataDirectory(folder)).release()
    const child = spawn('sleep', ['60'])
    await once(child, 'spawn')
    await writeFile(join(folder, 'lock'), `${child.pid} ?`)
    await expect(openDataDirectory(folder)).rejects.toMatchObject({ code: 'DATA_LOCKED' })
    child.kill()
    await once(child, 'exit')
    const directory = await openDataDirectory(folder)
    expect(await readdir(folder)).toEqual(['lock'])
    await directory.release()
  }))

test('a lock of the same pid but another process, and one of nonsense, are taken over', () =>
  inFolder(async (folder) => {
    await (await openDataDirectory(folder)).release()
    for (const owner of [`${process.pid} 1`, 'nonsense', '']) {
      await writeFile(join(folder, 'lock'), owner)
      await (await openDataDirectory(folder)).release()
    }
  }))

test('of many at once at most one gets a stale lock', () =>
  inFolder(async (folder) => {
    await (await openDataDirectory(folder)).release()
    await writeFile(join(folder, 'lock'), 'nonsense')
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, () => openDataDirectory(folder)),
    )
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeLessThanOrEqual(1)
  }))

test('a folder that cannot be made is DATA_UNWRITABLE', () =>
  inFolder(async (folder) => {
    await writeFile(folder, 'a file')
    await expect(openDataDirectory(folder)).rejects.toMatchObject({ code: 'DATA_UNWRITABLE' })
  }))
