import { describe, expect, test } from 'vitest'
import type { Disk } from './disk.ts'
import { failedWith, makeDirectory, writeAll, writeWhole } from './disk.ts'

/** What every implementation of `Disk` does; `folder` is an empty directory. */
export function diskContract(
  name: string,
  make: () => Promise<{ disk: Disk; folder: string; dispose: () => Promise<void> }>,
): void {
  const withDisk = (claim: string, body: (disk: Disk, folder: string) => Promise<void>) =>
    test(claim, async () => {
      const { disk, folder, dispose } = await make()
      await body(disk, folder)
      await dispose()
    })
  const codeOf = async (work: Promise<unknown>) => {
    const error = await work.then(
      () => null,
      (reason: unknown) => reason,
    )
    return ['ENOENT', 'EEXIST', 'EISDIR'].find((code) => failedWith(error, code)) ?? null
  }

  describe(`${name} as a disk`, () => {
    withDisk('bytes are where they were written, also beyond the end', async (disk, folder) => {
      const path = `${folder}/file`
      const file = await disk.open(path, 'w')
      await writeAll(file, Buffer.from('abc'), 0)
      await writeAll(file, Buffer.from('z'), 5)
      await writeAll(file, Buffer.from('B'), 1)
      await file.datasync()
      await file.close()
      expect(await disk.readFile(path)).toEqual(Buffer.from('aBc\0\0z'))
      const again = await disk.open(path, 'r+')
      const into = Buffer.alloc(4)
      expect(await again.read(into, 1, 3, 4)).toMatchObject({ bytesRead: 2 })
      expect(into.toString()).toBe('\0\0z\0')
      await again.truncate(2)
      await again.close()
      expect(await disk.stat(path)).toMatchObject({ sizeBytes: 2, isDirectory: false })
      await (await disk.open(path, 'w')).close()
      expect((await disk.stat(path)).sizeBytes).toBe(0)
    })

    withDisk('a name that is taken by a rename is replaced', async (disk, folder) => {
      await writeWhole(disk, Buffer.from('old'), { path: `${folder}/a` })
      await writeWhole(disk, Buffer.from('new'), { path: `${folder}/b` })
      await disk.rename(`${folder}/b`, `${folder}/a`)
      expect((await disk.readFile(`${folder}/a`)).toString()).toBe('new')
      expect(await disk.names(folder)).toEqual(['a'])
      await disk.remove(`${folder}/a`)
      expect(await disk.names(folder)).toEqual([])
    })

    withDisk('a tree is made, listed and removed', async (disk, folder) => {
      await makeDirectory(`${folder}/x/y`, disk)
      await writeWhole(disk, Buffer.from('1'), { path: `${folder}/x/y/file` })
      expect(await disk.names(`${folder}/x`)).toEqual(['y'])
      expect((await disk.stat(`${folder}/x/y`)).isDirectory).toBe(true)
      await disk.removeTree(`${folder}/x`)
      await disk.removeTree(`${folder}/x`)
      expect(await disk.names(folder)).toEqual([])
    })

    withDisk('what is not there, or there already, has its code', async (disk, folder) => {
      expect(await codeOf(disk.readFile(`${folder}/none`))).toBe('ENOENT')
      expect(await codeOf(disk.open(`${folder}/none`, 'r'))).toBe('ENOENT')
      expect(await codeOf(disk.open(`${folder}/none/file`, 'w'))).toBe('ENOENT')
      expect(await codeOf(disk.remove(`${folder}/none`))).toBe('ENOENT')
      expect(await codeOf(disk.rename(`${folder}/none`, `${folder}/a`))).toBe('ENOENT')
      expect(await codeOf(disk.stat(`${folder}/none`))).toBe('ENOENT')
      await disk.mkdir(`${folder}/x`)
      expect(await codeOf(disk.mkdir(`${folder}/x`))).toBe('EEXIST')
    })

    withDisk('a file is as old as it was touched', async (disk, folder) => {
      await writeWhole(disk, Buffer.from('1'), { path: `${folder}/a` })
      await disk.touch(`${folder}/a`, 1000)
      expect((await disk.stat(`${folder}/a`)).modifiedAtMs).toBe(1000)
      expect(await disk.freeBytes(folder)).toBeGreaterThan(0)
    })
  })
}
