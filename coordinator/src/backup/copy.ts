import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { makeDirectory, writeAll } from '../store/files/disk.ts'
import type { BackupFile } from './manifest.ts'

/**
 * Copies one file of a tree to another tree, synced, and says what it copied; at most `sizeBytes`
 * of it. What was hashed is what was written.
 */
export async function copyFile(
  path: string,
  {
    from,
    to,
    sizeBytes = Number.MAX_SAFE_INTEGER,
  }: { from: string; to: string; sizeBytes?: number },
): Promise<BackupFile> {
  const target = join(to, path)
  await makeDirectory(dirname(target))
  const hash = createHash('sha256')
  let done = 0
  const file = await open(target, 'w', 0o600)
  try {
    if (sizeBytes > 0) {
      for await (const part of createReadStream(join(from, path), { end: sizeBytes - 1 })) {
        const bytes = part as Buffer
        await writeAll(file, bytes, done)
        hash.update(bytes)
        done += bytes.length
      }
    }
    await file.datasync()
  } finally {
    await file.close()
  }
  return { path, sizeBytes: done, sha256: hash.digest('hex') }
}

/** What `copyFile` would say of a file that lies in `folder` already. */
export async function describeFile(path: string, folder: string): Promise<BackupFile> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const part of createReadStream(join(folder, path))) {
    hash.update(part as Buffer)
    sizeBytes += (part as Buffer).length
  }
  return { path, sizeBytes, sha256: hash.digest('hex') }
}
