/** A database whose process is killed, or whose machine loses power, at any byte of a write. */
import { copyFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { demoSettings, runSettings } from '@quorate/shared/run/settings'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SqliteStore } from '../store/sqlite/sqlite-store.ts'
import { isNoRoom } from '../training/no-room.ts'
import { closeDatabase, openDatabase } from './database.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorate-database-'))
})
afterEach(() => rm(folder, { recursive: true }))

const run = {
  id: 'a',
  settings: runSettings.parse(demoSettings),
  state: { kind: 'created' } as const,
  createdAtMs: 1,
  startedAtMs: null,
  attemptsReserved: 0,
  invite: null,
}
const hex = (text: string) => Buffer.from(text.padEnd(32, '.')).toString('hex')
const checkpoint = (round: number) => ({
  round,
  digest: hex(`replica ${round}`),
  blob: hex(`blob ${round}`),
  sizeBytes: 1,
  stateBlob: hex(`state ${round}`),
  createdAtMs: 1,
})

/** A database with a run, and the write-ahead log that so many checkpoints then fill. */
async function written(count: number) {
  const path = join(folder, 'quorate.db')
  const first = await openDatabase(path)
  await new SqliteStore(first).insertRun(run)
  await closeDatabase(first)
  const base = await readFile(path)
  const database = await openDatabase(path)
  const store = new SqliteStore(database)
  const ends: number[] = []
  for (let round = 0; round < count; round++) {
    await store.insertCheckpoint('a', checkpoint(round))
    ends.push((await stat(`${path}-wal`)).size)
  }
  const log = await readFile(`${path}-wal`)
  return { path, base, log, ends, database }
}

/** What a start finds on these files: the rounds of checkpoints, and whether all is in order. */
async function found(name: string, base: Buffer, log: Buffer) {
  const path = join(folder, name)
  await writeFile(path, base)
  await writeFile(`${path}-wal`, log)
  const database = await openDatabase(path)
  const store = new SqliteStore(database)
  const rounds = (await store.checkpoints('a')).map(({ round }) => round)
  for (const round of rounds) {
    expect(await store.publicBlob(checkpoint(round).blob)).toEqual({ kind: 'checkpoint' })
  }
  const check = await sql<{ integrity_check: string }>`pragma integrity_check`.execute(database)
  expect(check.rows[0]?.integrity_check).toBe('ok')
  await database.destroy()
  await rm(path, { force: true })
  for (const suffix of ['-wal', '-shm']) await rm(path + suffix, { force: true })
  return rounds
}

test('cut at any place of its log: what was committed before is there whole, and nothing else', async () => {
  const { base, log, ends, database } = await written(6)
  const cuts = new Set(ends.flatMap((end) => [end - 1, end, end + 1]))
  for (let at = 0; at <= log.length; at += 509) cuts.add(at)
  let points = 0
  for (const at of [...cuts].filter((each) => each <= log.length)) {
    const committed = ends.filter((end) => end <= at).length
    for (const rest of [Buffer.alloc(0), Buffer.alloc(700), Buffer.alloc(700, 0x5a)]) {
      const rounds = await found(
        `cut-${points}.db`,
        base,
        Buffer.concat([log.subarray(0, at), rest]),
      )
      expect(rounds, `byte ${at}`).toEqual(Array.from({ length: committed }, (_, n) => n))
      points++
    }
  }
  expect(points).toBeGreaterThan(100)
  await database.destroy()
})

test('stopped while its log is moved over: any part of the pages may be written, nothing is lost', async () => {
  const { path, base, log, database } = await written(6)
  await closeDatabase(database)
  const moved = await readFile(path)
  const PAGE = 4096
  let points = 0
  for (let pages = 0; pages * PAGE <= moved.length; pages++) {
    for (const torn of [0, 512, 2048]) {
      const at = pages * PAGE + torn
      const mixed = Buffer.concat([moved.subarray(0, at), base.subarray(at)])
      const rounds = await found(`moved-${points}.db`, mixed, log)
      expect(rounds, `page ${pages}, ${torn}`).toEqual([0, 1, 2, 3, 4, 5])
      points++
    }
  }
  expect(points).toBeGreaterThan(30)
})

test('a full one refuses with a code that is known as want of room, and takes writes again', async () => {
  const { database } = await written(1)
  const store = new SqliteStore(database)
  const pages = await sql<{ page_count: number }>`pragma page_count`.execute(database)
  await sql.raw(`pragma max_page_count = ${pages.rows[0]?.page_count ?? 0}`).execute(database)
  let refused: unknown = null
  for (let round = 1; round < 500 && refused === null; round++) {
    refused = await store.insertCheckpoint('a', checkpoint(round)).then(
      () => null,
      (error: unknown) => error,
    )
  }
  expect(refused).toMatchObject({ code: 'SQLITE_FULL' })
  expect(isNoRoom(refused)).toBe(true)
  await sql.raw('pragma max_page_count = 1073741823').execute(database)
  await store.insertCheckpoint('a', checkpoint(1000))
  expect((await store.checkpoints('a')).at(-1)?.round).toBe(1000)
  await database.destroy()
})

test('a copy of the files of a database that works is what a kill leaves', async () => {
  const { path, database } = await written(3)
  await copyFile(path, join(folder, 'copy.db'))
  const log = await readFile(`${path}-wal`)
  expect(await found('copy.db', await readFile(join(folder, 'copy.db')), log)).toEqual([0, 1, 2])
  await database.destroy()
})
