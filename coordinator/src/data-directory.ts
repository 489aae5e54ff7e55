import { access, constants, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import Libsql from 'libsql'
import { CodedError } from './errors.ts'
import { failedWith, makeDirectory } from './store/files/disk.ts'
import { isNoRoom } from './training/no-room.ts'

type Closer = () => Promise<void>

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
 * Makes the folder where it is missing and locks it against every other process.
 *
 * @throws CodedError DATA_LOCKED or DATA_UNWRITABLE
 */
export async function openDataDirectory(folder: string): Promise<DataDirectory> {
  const path = resolve(folder)
  let release: Closer
  try {
    await makeDirectory(path)
    await access(path, constants.W_OK)
    release = await takeLock(path)
  } catch (error) {
    if (error instanceof CodedError) throw error
    if (isNoRoom(error)) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw new CodedError(
      'DATA_UNWRITABLE',
      `${path} cannot hold the data: choose a folder that can be written to with --data.\n(${why})`,
      error,
    )
  }
  return {
    path,
    databasePath: join(path, 'quorate.db'),
    blobsFolder: join(path, 'blobs'),
    ledgersFolder: join(path, 'ledgers'),
    dataSetsFolder: join(path, 'data-sets'),
    release,
  }
}

/**
 * The lock is an exclusive transaction on a database of its own, never ended: the operating system
 * gives it up when the process dies, however that happens, so that no lock is ever stale.
 */
async function takeLock(path: string): Promise<Closer> {
  const ownerPath = join(path, 'lock')
  const guard = new Libsql(join(path, 'lock.db'), { timeout: 0 })
  try {
    guard.exec('begin exclusive')
  } catch (error) {
    guard.close()
    if (!failedWith(error, 'SQLITE_BUSY')) throw error
    throw locked(path, await ownerOf(ownerPath))
  }
  await writeFile(ownerPath, String(process.pid), { mode: 0o600 })
  return async () => {
    await rm(ownerPath, { force: true })
    guard.exec('rollback')
    guard.close()
  }
}

/** Who holds the lock, for the message alone. */
async function ownerOf(ownerPath: string): Promise<string> {
  try {
    return `Process ${await readFile(ownerPath, 'utf8')}`
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return 'Another process'
    throw error
  }
}

function locked(path: string, owner: string): CodedError {
  return new CodedError(
    'DATA_LOCKED',
    `${owner} works in the data directory ${path}. Stop it, or choose another with --data.`,
  )
}
