import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { closeDatabase, openDatabase } from './database.ts'

test('a closed database has everything in its one file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'quorate-database-'))
  try {
    const path = join(folder, 'quorate.db')
    const database = await openDatabase(path)
    await sql`create table told (word text)`.execute(database)
    await sql`insert into told values ('a word that was told')`.execute(database)
    await closeDatabase(database)
    expect((await readFile(path)).includes('a word that was told')).toBe(true)
    const log = await stat(`${path}-wal`).catch(() => null)
    expect(log?.size ?? 0).toBe(0)
  } finally {
    await rm(folder, { recursive: true })
  }
})
