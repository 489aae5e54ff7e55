import { readFile, readdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { detailOf } from '@quorate/shared/failure/detail'
import { closeAlone, openDatabase } from '../database/database.ts'
import { CodedError } from '../errors.ts'
import { failedWith, makeDirectory, realDisk } from '../store/files/disk.ts'
import { SqliteStore } from '../store/sqlite/sqlite-store.ts'
import { copyFile } from './copy.ts'
import type { Manifest } from './manifest.ts'
import { decodeManifest, MANIFEST } from './manifest.ts'

/** Attempts that may have been used after the backup was taken: none of them is used again. */
const ATTEMPTS_SKIPPED = 1_000_000

/**
 * Makes the data directory `dataFolder`, which must be empty or not be there, of the backup in
 * `folder`. Every file is compared with its hash; the directory takes its name when all is right.
 *
 * @throws CodedError BACKUP_INVALID, BACKUP_TARGET, DATABASE_NEWER or RESTORE_FAILED
 */
export async function restore(folder: string, dataFolder: string): Promise<Manifest> {
  const [from, to] = [resolve(folder), resolve(dataFolder)]
  const manifest = decodeManifest(await manifestText(from), from)
  await needEmpty(to)
  const unfinished = `${to}.restoring`
  try {
    await rm(unfinished, { recursive: true, force: true })
    await makeDirectory(unfinished)
    for (const file of manifest.files) await take(file, { from, to: unfinished })
    await skipAttempts(unfinished)
    await rmdir(to).catch((error: unknown) => {
      if (!failedWith(error, 'ENOENT')) throw error
    })
    await rename(unfinished, to)
    await realDisk.syncDirectory(dirname(to))
    return manifest
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    if (error instanceof CodedError) throw error
    throw new CodedError('RESTORE_FAILED', `${to}: ${detailOf(error)}`, error)
  }
}

async function take(
  file: Manifest['files'][number],
  folders: { from: string; to: string },
): Promise<void> {
  const copied = await copyFile(file.path, folders).catch((error: unknown) => {
    if (!failedWith(error, 'ENOENT')) throw error
    throw invalid(`${file.path} is missing`)
  })
  const isSame = copied.sha256 === file.sha256 && copied.sizeBytes === file.sizeBytes
  if (!isSame) throw invalid(`${file.path} has other bytes than it was backed up with`)
}

/** Ballots of openings after the backup must never count for one of those to come. */
async function skipAttempts(folder: string): Promise<void> {
  const database = await openDatabase(join(folder, 'quorate.db'))
  try {
    const store = new SqliteStore(database)
    for (const { id, attemptsReserved } of await store.listRuns()) {
      await store.reserveAttempts(id, attemptsReserved + ATTEMPTS_SKIPPED)
    }
  } finally {
    await closeAlone(database, join(folder, 'quorate.db'))
  }
}

async function manifestText(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, MANIFEST), 'utf8')
  } catch (error) {
    const why = failedWith(error, 'ENOENT') ? 'is missing' : detailOf(error)
    const advice = 'It is written last: without it there is no whole backup.'
    throw new CodedError('BACKUP_INVALID', `${folder}/${MANIFEST} ${why}. ${advice}`, error)
  }
}

async function needEmpty(folder: string): Promise<void> {
  try {
    if ((await readdir(folder)).length === 0) return
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return
    throw new CodedError('BACKUP_TARGET', `${folder}: ${detailOf(error)}`, error)
  }
  const advice = 'Name a folder that is empty or not there with --data; nothing is written over.'
  throw new CodedError('BACKUP_TARGET', `${folder} has something in it. ${advice}`)
}

function invalid(what: string): CodedError {
  return new CodedError('BACKUP_INVALID', `${what}. Nothing was restored.`)
}
