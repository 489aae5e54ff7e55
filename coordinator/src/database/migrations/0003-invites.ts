import type { Migration } from 'kysely'
import { sql } from 'kysely'

/** The code that lets newcomers into a run; null: anyone may come. */
export const invites: Migration = {
  async up(database) {
    await sql`alter table runs add column invite text`.execute(database)
  },
}
