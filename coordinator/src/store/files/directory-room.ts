import { join } from 'node:path'
import type { Room, RoomPort } from '../../training/ports.ts'
import type { Disk } from './disk.ts'
import { failedWith, realDisk } from './disk.ts'

/** Room for a data directory; its files are added up only where there is a limit to hold it to. */
export function directoryRoom(
  path: string,
  limitBytes: number | null,
  disk: Disk = realDisk,
): RoomPort {
  return {
    async look(): Promise<Room> {
      const usedBytes = limitBytes === null ? 0 : await sizeBytes(disk, path)
      return { usedBytes, limitBytes, freeBytes: await disk.freeBytes(path) }
    },
  }
}

/** Of all files below; what goes meanwhile counts nothing. */
async function sizeBytes(disk: Disk, path: string): Promise<number> {
  try {
    const entry = await disk.stat(path)
    if (!entry.isDirectory) return entry.sizeBytes
    let sum = 0
    for (const name of await disk.names(path)) sum += await sizeBytes(disk, join(path, name))
    return sum
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return 0
    throw error
  }
}
