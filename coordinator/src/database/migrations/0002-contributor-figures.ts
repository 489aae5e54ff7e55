import type { Migration } from 'kysely'
import { sql } from 'kysely'

/** When a contributor's figures were saved: later rounds are counted again from the ledger. */
export const contributorFigures: Migration = {
  async up(database) {
    await sql`
      alter table contributors add column saved_at_round integer not null default 0
    `.execute(database)
  },
}
