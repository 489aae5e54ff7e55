import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Writes `bytes` under `path` whole or not at all: temporary name, sync, rename, sync. */
export async function writeWhole(
  bytes: Uint8Array,
  temporaryPath: string,
  path: string,
): Promise<void> {
  try {
    const file = await open(temporaryPath, 'w', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporaryPath, path)
    await syncDirectory(dirname(path))
  } catch (error) {
    await rm(temporaryPath, { force: true })
    throw error
  }
}

/** Makes names given or taken in a directory last. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** Makes the folder of an absolute path, and those above it that are missing. */
export async function makeDirectory(path: string): Promise<void> {
  const missing: string[] = []
  for (let at = path; !(await isDirectory(at)); at = dirname(at)) missing.unshift(at)
  // One by one: below /proc, Node's recursive mkdir tries for ever.
  for (const folder of missing) {
    try {
      await mkdir(folder, { mode: 0o700 })
    } catch (error) {
      // Another call may have made it meanwhile.
      if (!failedWith(error, 'EEXIST') || !(await isDirectory(folder))) throw error
    }
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return false
    throw error
  }
}

/** Whether a call of node:fs failed with this code (ENOENT, EEXIST, …). */
export function failedWith(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
