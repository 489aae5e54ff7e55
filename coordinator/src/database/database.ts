import { rm, stat } from 'node:fs/promises'
import { Kysely, Migrator, SqliteDialect, sql } from 'kysely'
import Libsql from 'libsql'
import { CodedError } from '../errors.ts'
import { initial } from './migrations/0001-initial.ts'
import { contributorFigures } from './migrations/0002-contributor-figures.ts'
import { invites } from './migrations/0003-invites.ts'
import type { Schema } from './schema.ts'

export type Database = Kysely<Schema>

/** In order of their names; a released migration never changes. */
const migrations = {
  '0001-initial': initial,
  '0002-contributor-figures': contributorFigures,
  '0003-invites': invites,
}

/**
 * Opens the database file, made and migrated where needed; `destroy()` closes it.
 *
 * @throws CodedError DATABASE_NEWER when it has migrations that this version does not know.
 */
export async function openDatabase(path: string): Promise<Database> {
  const file = new Libsql(path)
  file.pragma('journal_mode = WAL')
  file.pragma('synchronous = NORMAL')
  file.pragma('foreign_keys = ON')
  file.pragma('busy_timeout = 5000')
  const database = new Kysely<Schema>({ dialect: new SqliteDialect({ database: file }) })
  try {
    await migrate(database)
    return database
  } catch (error) {
    await database.destroy()
    file.close()
    throw error
  }
}

/** Closes the file with everything in it: what the write-ahead log holds is moved over first. */
export async function closeDatabase(database: Database): Promise<void> {
  await sql`pragma wal_checkpoint(truncate)`.execute(database)
  await database.destroy()
}

/** Closes a database that nobody else has open: it is one file afterwards, to be copied or moved. */
export async function closeAlone(database: Database, path: string): Promise<void> {
  await closeDatabase(database)
  const log = await stat(`${path}-wal`).catch(() => null)
  if (log && log.size > 0) throw new Error(`${path} is in use`)
  for (const suffix of ['-wal', '-shm']) await rm(path + suffix, { force: true })
}

/** Runs `body` with every commit on disk, not only in the operating system's hands. */
export async function synced<T>(
  database: Database,
  body: (connection: Database) => Promise<T>,
): Promise<T> {
  return database.connection().execute(async (connection) => {
    await sql`pragma synchronous = FULL`.execute(connection)
    try {
      return await body(connection)
    } finally {
      await sql`pragma synchronous = NORMAL`.execute(connection)
    }
  })
}

async function migrate(database: Database): Promise<void> {
  const migrator = new Migrator({
    db: database,
    provider: { getMigrations: () => Promise.resolve(migrations) },
  })
  const unknown = (await appliedMigrations(database)).filter((name) => !(name in migrations))
  if (unknown.length > 0) {
    throw new CodedError(
      'DATABASE_NEWER',
      `the database has migrations that this version does not know: ${unknown.join(', ')}`,
    )
  }
  const { error } = await migrator.migrateToLatest()
  if (error instanceof Error) throw error
  if (error !== undefined) throw new Error('a migration failed', { cause: error })
}

async function appliedMigrations(database: Database): Promise<string[]> {
  const tables = await database.introspection.getTables({ withInternalKyselyTables: true })
  if (!tables.some(({ name }) => name === 'kysely_migration')) return []
  const applied = await sql<{ name: string }>`select name from kysely_migration`.execute(database)
  return applied.rows.map(({ name }) => name)
}
