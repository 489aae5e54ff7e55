/**
 * A backup of a data directory, taken while a coordinator works in it or not: the database as one
 * moment has it, then of every run its ledger, which may be some rounds ahead, then the blobs that
 * the database names. A restart decides the rounds that are ahead from the ledger.
 */
import { readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { detailOf } from '@quorate/shared/failure/detail'
import { closeAlone, openDatabase } from '../database/database.ts'
import { snapshot } from '../database/snapshot.ts'
import { CodedError } from '../errors.ts'
import { failedWith, makeDirectory, realDisk, writeWhole } from '../store/files/disk.ts'
import { ledgerProblem, wholeBytes } from '../store/files/ledger-copy.ts'
import { SqliteStore } from '../store/sqlite/sqlite-store.ts'
import { VERSION } from '../version.ts'
import { copyFile, describeFile } from './copy.ts'
import type { BackupFile } from './manifest.ts'
import { encodeManifest, MANIFEST } from './manifest.ts'

/** A ledger may let records go while it is copied; then all is taken again. */
const TRIES = 5

export interface BackupReport {
  readonly folder: string
  readonly files: number
  readonly sizeBytes: number
  /** Files that were damaged, or gone, in the data directory already. */
  readonly missing: readonly string[]
}

/**
 * Writes a backup of `dataFolder` into `folder`, which must be empty or not be there.
 *
 * @throws CodedError BACKUP_TARGET, BACKUP_SOURCE, DATABASE_NEWER or BACKUP_FAILED
 */
export async function backUp(
  dataFolder: string,
  folder: string,
  madeAt: Date,
): Promise<BackupReport> {
  const [from, to] = [resolve(dataFolder), resolve(folder)]
  await needEmpty(to)
  if (!(await names(from)).includes('quorate.db')) {
    throw new CodedError('BACKUP_SOURCE', `${from} is not a data directory: it has no quorate.db.`)
  }
  try {
    await makeDirectory(to)
    for (let tries = 1; ; tries++) {
      const taken = await take(from, to)
      // What is missing may have gone just now, with a run or after a newer checkpoint.
      if (taken.missing.length === 0 || tries === TRIES) return await finish(to, taken, madeAt)
      for (const name of await readdir(to)) await rm(join(to, name), { recursive: true })
    }
  } catch (error) {
    if (error instanceof CodedError) throw error
    throw new CodedError('BACKUP_FAILED', `${to}: ${detailOf(error)}`, error)
  }
}

interface Taken {
  readonly files: BackupFile[]
  readonly missing: string[]
}

async function take(from: string, to: string): Promise<Taken> {
  snapshot(join(from, 'quorate.db'), join(to, 'quorate.db'))
  const taken: Taken = { files: [], missing: [] }
  const database = await openDatabase(join(to, 'quorate.db'))
  try {
    const store = new SqliteStore(database)
    for (const { id } of await store.listRuns()) await takeLedger(store, id, { from, to, taken })
    for (const digest of await store.blobsInUse()) await takeBlob(digest, { from, to, taken })
    for (const path of await filesBelow(from, 'data-sets')) {
      taken.files.push(await copyFile(path, { from, to }))
    }
  } finally {
    await closeAlone(database, join(to, 'quorate.db'))
  }
  taken.files.push(await describeFile('quorate.db', to))
  return taken
}

interface Taking {
  readonly from: string
  readonly to: string
  readonly taken: Taken
}

/** Every segment up to its last whole entry. */
async function takeLedger(store: SqliteStore, id: string, { from, to, taken }: Taking) {
  const folder = `ledgers/${id}`
  await makeDirectory(join(to, folder))
  for (const name of (await names(join(from, folder))).sort()) {
    if (!/^\d{6,}\.(full|frames|first)$/.test(name)) continue
    const path = `${folder}/${name}`
    const sizeBytes = await wholeBytes(join(from, path)).catch(absent)
    if (sizeBytes === null) continue
    const copied = await copyFile(path, { from, to, sizeBytes }).catch(absent)
    if (copied) taken.files.push(copied)
  }
  const newest = (await store.checkpoints(id)).at(-1)
  const decided = ((await store.lastRound(id)) ?? -1) + 1
  const known = { from: newest?.round ?? 0, decided }
  const problem = await ledgerProblem(join(to, folder), known)
  if (problem !== null) taken.missing.push(`${folder}: ${problem}`)
}

async function takeBlob(digest: string, { from, to, taken }: Taking): Promise<void> {
  const path = `blobs/${digest.slice(0, 2)}/${digest}`
  const copied = await copyFile(path, { from, to }).catch(absent)
  if (copied?.sha256 === digest) taken.files.push(copied)
  else {
    taken.missing.push(path)
    await rm(join(to, path), { force: true })
  }
}

async function finish(to: string, { files, missing }: Taken, madeAt: Date): Promise<BackupReport> {
  const bytes = encodeManifest({ version: VERSION, madeAt: madeAt.toISOString(), files, missing })
  await writeWhole(realDisk, bytes, { path: join(to, MANIFEST) })
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0)
  return { folder: to, files: files.length, sizeBytes, missing }
}

async function needEmpty(folder: string): Promise<void> {
  if ((await names(folder)).length === 0) return
  const advice = 'Name a folder that is empty or not there; nothing is written over.'
  throw new CodedError('BACKUP_TARGET', `${folder} has something in it. ${advice}`)
}

/** None where there is no such folder. */
async function names(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return []
    throw new CodedError('BACKUP_TARGET', `${folder} cannot be read: ${detailOf(error)}`, error)
  }
}

async function filesBelow(root: string, folder: string): Promise<string[]> {
  const found: string[] = []
  for (const name of await names(join(root, folder))) {
    const path = `${folder}/${name}`
    const inside = await realDisk.stat(join(root, path))
    found.push(...(inside.isDirectory ? await filesBelow(root, path) : [path]))
  }
  return found
}

/** Null for a file that is not there; else the error goes on. */
function absent(error: unknown): null {
  if (failedWith(error, 'ENOENT')) return null
  throw error
}
