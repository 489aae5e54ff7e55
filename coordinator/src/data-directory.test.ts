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
    expect(await readdir(folder)).toEqual(['lock.db'])
  }))

test('a lock holds as long as its process, however that ends', () =>
  inFolder(async (folder) => {
    await (await openDataDirectory(folder)).release()
    const child = spawn(process.execPath, ['--input-type=commonjs', '--eval', HOLDER, folder])
    await once(child.stdout, 'data')
    const refused = openDataDirectory(folder)
    await expect(refused).rejects.toMatchObject({ code: 'DATA_LOCKED' })
    await expect(refused).rejects.toThrow('Process 4242 works in the data directory')
    child.kill('SIGKILL')
    await once(child, 'exit')
    await (await openDataDirectory(folder)).release()
  }))

/** Another process that holds the lock until it is killed. */
const HOLDER = `
  const folder = process.argv[1]
  const guard = new (require('libsql'))(folder + '/lock.db')
  guard.exec('begin exclusive')
  require('node:fs').writeFileSync(folder + '/lock', '4242')
  console.log('held')
  setInterval(() => {}, 1000)
`

test('of many at once exactly one gets the folder', () =>
  inFolder(async (folder) => {
    const opening = Array.from({ length: 8 }, () => openDataDirectory(folder))
    const opened = (await Promise.allSettled(opening)).flatMap((result) =>
      result.status === 'fulfilled' ? [result.value] : [],
    )
    expect(opened).toHaveLength(1)
    await opened[0]?.release()
  }))

test('a folder that cannot be made is DATA_UNWRITABLE', () =>
  inFolder(async (folder) => {
    await writeFile(folder, 'a file')
    const opened = openDataDirectory(folder)
    await expect(opened).rejects.toMatchObject({ code: 'DATA_UNWRITABLE' })
    await expect(opened).rejects.toThrow('choose a folder that can be written to with --data')
  }))

test.runIf(process.platform === 'linux')('nor does one below /proc end in silence', async () => {
  const opened = openDataDirectory('/proc/quorate/data')
  await expect(opened).rejects.toMatchObject({ code: 'DATA_UNWRITABLE' })
})
