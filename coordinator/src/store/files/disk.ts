/** The calls of a file system that storage is made of, and what is composed of them. */
import { mkdir, open, readFile, readdir, rename, rm, stat, statfs, utimes } from 'node:fs/promises'
import { dirname } from 'node:path'

/** An open file; positions and lengths in bytes. */
export interface DiskFile {
  read(
    into: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesRead: number }>
  /** May write less than it was given. */
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ bytesWritten: number }>
  truncate(sizeBytes: number): Promise<void>
  /** What was written lasts when this resolves. */
  datasync(): Promise<void>
  close(): Promise<void>
}

export interface DiskEntry {
  readonly sizeBytes: number
  readonly modifiedAtMs: number
  readonly isDirectory: boolean
}

/**
 * A file system, real or simulated. Every call rejects with an error whose `code` is that of
 * node:fs (ENOENT, EEXIST, ENOSPC, EIO, …).
 */
export interface Disk {
  /** `r` reads, `r+` also writes, `w` makes the file or empties it. */
  open(path: string, flags: 'r' | 'r+' | 'w'): Promise<DiskFile>
  readFile(path: string): Promise<Buffer>
  rename(from: string, to: string): Promise<void>
  /** A file. */
  remove(path: string): Promise<void>
  /** A directory with all that is in it; none is no error. */
  removeTree(path: string): Promise<void>
  mkdir(path: string): Promise<void>
  /** Of a directory, sorted. */
  names(path: string): Promise<string[]>
  stat(path: string): Promise<DiskEntry>
  /** Its time of modification is `atMs` from now on. */
  touch(path: string, atMs: number): Promise<void>
  /** Names given or taken in a directory last when this resolves. */
  syncDirectory(path: string): Promise<void>
  /** Bytes that this user may still write where `path` lies. */
  freeBytes(path: string): Promise<number>
}

/** The machine's own. Files and folders are for their owner alone. */
export const realDisk: Disk = {
  open: (path, flags) => open(path, flags, 0o600),
  readFile: (path) => readFile(path),
  rename: (from, to) => rename(from, to),
  remove: (path) => rm(path),
  removeTree: (path) => rm(path, { recursive: true, force: true }),
  mkdir: (path) => mkdir(path, { mode: 0o700 }),
  names: async (path) => (await readdir(path)).sort(),
  async stat(path) {
    const found = await stat(path)
    return {
      sizeBytes: found.size,
      modifiedAtMs: found.mtimeMs,
      isDirectory: found.isDirectory(),
    }
  },
  touch: (path, atMs) => utimes(path, atMs / 1000, atMs / 1000),
  async syncDirectory(path) {
    const directory = await open(path, 'r')
    try {
      await directory.sync()
    } finally {
      await directory.close()
    }
  },
  async freeBytes(path) {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  },
}

/** Writes `bytes` under `path` whole or not at all: temporary name, sync, rename, sync. */
export async function writeWhole(
  disk: Disk,
  bytes: Uint8Array,
  { path, temporaryPath = `${path}.tmp` }: { path: string; temporaryPath?: string },
): Promise<void> {
  try {
    const file = await disk.open(temporaryPath, 'w')
    try {
      await writeAll(file, bytes, 0)
      await file.datasync()
    } finally {
      await file.close()
    }
    await disk.rename(temporaryPath, path)
    await disk.syncDirectory(dirname(path))
  } catch (error) {
    await removeIfThere(disk, temporaryPath)
    throw error
  }
}

/** Writes all of `bytes` from `position` on, however many calls it takes. */
export async function writeAll(file: DiskFile, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done)
    if (bytesWritten === 0) throw new Error('nothing more could be written')
    done += bytesWritten
  }
}

/** Deletes a file that may be there or not. */
export async function removeIfThere(disk: Disk, path: string): Promise<void> {
  try {
    await disk.remove(path)
  } catch (error) {
    if (!failedWith(error, 'ENOENT')) throw error
  }
}

/** Makes the folder of an absolute path, and those above it that are missing; their names last. */
export async function makeDirectory(path: string, disk: Disk = realDisk): Promise<void> {
  const missing: string[] = []
  for (let at = path; !(await isDirectory(disk, at)); at = dirname(at)) missing.unshift(at)
  // One by one: below /proc, Node's recursive mkdir tries for ever.
  for (const folder of missing) {
    try {
      await disk.mkdir(folder)
    } catch (error) {
      // Another call may have made it meanwhile.
      if (!failedWith(error, 'EEXIST') || !(await isDirectory(disk, folder))) throw error
    }
    await disk.syncDirectory(dirname(folder))
  }
}

async function isDirectory(disk: Disk, path: string): Promise<boolean> {
  try {
    return (await disk.stat(path)).isDirectory
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return false
    throw error
  }
}

/** Whether a call of node:fs failed with this code (ENOENT, EEXIST, …). */
export function failedWith(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
