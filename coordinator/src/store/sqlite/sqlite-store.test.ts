import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openDatabase } from '../../database/database.ts'
import { storeContract } from '../store.contract.ts'
import { SqliteStore } from './sqlite-store.ts'

storeContract('SQLite', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'quorate-store-'))
  const path = join(folder, 'quorate.db')
  let database = await openDatabase(path)
  return {
    store: new SqliteStore(database),
    async reopen() {
      await database.destroy()
      database = await openDatabase(path)
      return new SqliteStore(database)
    },
    async dispose() {
      await database.destroy()
      await rm(folder, { recursive: true })
    },
  }
})

test('a database of a newer version is refused with DATABASE_NEWER', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'quorate-store-'))
  const path = join(folder, 'quorate.db')
  const database = await openDatabase(path)
  await sql`insert into kysely_migration values ('9999-later', '2030')`.execute(database)
  await database.destroy()
  await expect(openDatabase(path)).rejects.toMatchObject({ code: 'DATABASE_NEWER' })
  await rm(folder, { recursive: true })
})

test('the database is in WAL mode and holds to its foreign keys', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'quorate-store-'))
  const database = await openDatabase(join(folder, 'quorate.db'))
  const mode = await sql<{ journal_mode: string }>`pragma journal_mode`.execute(database)
  expect(mode.rows[0]?.journal_mode).toBe('wal')
  const orphan = sql`insert into evaluations values ('nobody', 1, 0, 0)`.execute(database)
  await expect(orphan).rejects.toThrow(/FOREIGN KEY/)
  await database.destroy()
  await rm(folder, { recursive: true })
})
