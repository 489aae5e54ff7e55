/** The machine's own disk, each call answered at once: for worlds on a virtual clock. */
import * as fs from 'node:fs'
import type { Disk, DiskFile } from '@quorate/coordinator/store/files/disk'

export const immediateDisk: Disk = {
  open: async (path, flags) => opened(fs.openSync(path, flags, 0o600)),
  readFile: async (path) => fs.readFileSync(path),
  rename: async (from, to) => fs.renameSync(from, to),
  remove: async (path) => fs.rmSync(path),
  removeTree: async (path) => fs.rmSync(path, { recursive: true, force: true }),
  mkdir: async (path) => fs.mkdirSync(path),
  names: async (path) => fs.readdirSync(path).sort(),
  async stat(path) {
    const found = fs.statSync(path)
    return {
      sizeBytes: found.size,
      modifiedAtMs: found.mtimeMs,
      isDirectory: found.isDirectory(),
    }
  },
  touch: async (path, atMs) => fs.utimesSync(path, atMs / 1000, atMs / 1000),
  // Nothing here outlives the machine.
  syncDirectory: async () => {},
  freeBytes: async (path) => {
    const { bavail, bsize } = fs.statfsSync(path)
    return bavail * bsize
  },
}

function opened(descriptor: number): DiskFile {
  return {
    read: async (into, offset, length, position) => ({
      bytesRead: fs.readSync(descriptor, into, offset, length, position),
    }),
    write: async (bytes, offset, length, position) => ({
      bytesWritten: fs.writeSync(descriptor, bytes, offset, length, position),
    }),
    truncate: async (sizeBytes) => fs.ftruncateSync(descriptor, sizeBytes),
    datasync: async () => {},
    close: async () => fs.closeSync(descriptor),
  }
}
