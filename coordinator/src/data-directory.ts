import { randomUUID } from 'node:crypto'
import { access, constants, link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { CodedError } from './errors.ts'
import { failedWith, makeDirectory } from './store/files/disk.ts'

/** The folder of everything that is kept, held by this process alone until `release`. */
export interface DataDirectory {
  readonly path: string
  readonly databasePath: string
  readonly blobsFolder: string
  readonly ledgersFolder: string
  readonly dataSetsFolder: string
  release(): Promise<void>
}

/**
 * Makes the folder where it is missing and locks it; a lock of a process that is gone is taken
 * over.
 *
 * @throws CodedError DATA_LOCKED or DATA_UNWRITABLE
 */
export async function openDataDirectory(folder: string): Promise<DataDirectory> {
  const path = resolve(folder)
  const lock = join(path, 'lock')
  const owner = await ownerOf(process.pid)
  try {
    await makeDirectory(path)
    await access(path, constants.W_OK)
    await takeLock(lock, owner)
  } catch (error) {
    if (error instanceof CodedError) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new CodedError('DATA_UNWRITABLE', `${path}: ${why}`, error)
  }
  return {
    path,
    databasePath: join(path, 'quorate.db'),
    blobsFolder: join(path, 'blobs'),
    ledgersFolder: join(path, 'ledgers'),
    dataSetsFolder: join(path, 'data-sets'),
    async release() {
      if ((await readOrNull(lock)) === owner) await rm(lock, { force: true })
    },
  }
}

async function takeLock(lock: string, owner: string): Promise<void> {
  const mine = `${lock}.${randomUUID()}`
  await writeFile(mine, owner, { mode: 0o600 })
  try {
    // A link appears with its content or not at all, and only one process makes it.
    if (await linked(mine, lock)) return
    const other = await readOrNull(lock)
    if (other !== null && (await isAlive(other))) throw locked(lock, other)
    await putAside(lock, other)
    if (!(await linked(mine, lock))) throw locked(lock, (await readOrNull(lock)) ?? '')
  } finally {
    await rm(mine, { force: true })
  }
}

/** Removes a lock that was read as stale, but not one that another process has made meanwhile. */
async function putAside(lock: string, stale: string | null): Promise<void> {
  const aside = `${lock}.${randomUUID()}`
  try {
    await rename(lock, aside)
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return
    throw error
  }
  const moved = await readOrNull(aside)
  if (moved !== stale) await linked(aside, lock)
  await rm(aside, { force: true })
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if (failedWith(error, 'EEXIST')) return false
    throw error
  }
}

/** A process as "pid start": a pid alone is used again, after a restart of a container at once. */
async function ownerOf(pid: number): Promise<string> {
  const stat = await readOrNull(`/proc/${pid}/stat`)
  const start = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  return `${pid} ${start ?? '?'}`
}

async function isAlive(owner: string): Promise<boolean> {
  const pid = Number(owner.split(' ')[0])
  if (!Number.isInteger(pid) || pid < 1) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (failedWith(error, 'ESRCH')) return false
  }
  const now = await ownerOf(pid)
  return now === owner || now.endsWith('?') || owner.endsWith('?')
}

async function readOrNull(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return null
    throw error
  }
}

function locked(lock: string, owner: string): CodedError {
  const pid = owner.split(' ')[0] || 'unknown'
  return new CodedError(
    'DATA_LOCKED',
    `Another process (${pid}) works in this data directory: ${lock}. Stop it, or choose another with --data.`,
  )
}
