import type { OperatorSecrets } from '../../auth/operator.ts'
import type { Database } from '../../database/database.ts'

/** The operator's hashes and sessions in SQLite. */
export class SqliteOperatorSecrets implements OperatorSecrets {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async secret(name: 'link' | 'password'): Promise<string | null> {
    const row = await this.#database
      .selectFrom('operator_secrets')
      .select('hash')
      .where('name', '=', name)
      .executeTakeFirst()
    return row?.hash ?? null
  }

  async saveSecret(name: 'link' | 'password', hash: string): Promise<void> {
    await this.#database.replaceInto('operator_secrets').values({ name, hash }).execute()
  }

  async takeSecret(name: 'link', hash: string): Promise<boolean> {
    const taken = await this.#database
      .deleteFrom('operator_secrets')
      .where('name', '=', name)
      .where('hash', '=', hash)
      .returning('name')
      .execute()
    return taken.length > 0
  }

  async sessionExpiresAtMs(tokenHash: string): Promise<number | null> {
    const row = await this.#database
      .selectFrom('sessions')
      .select('expires_at_ms')
      .where('token_hash', '=', tokenHash)
      .executeTakeFirst()
    return row?.expires_at_ms ?? null
  }

  async addSession(tokenHash: string, expiresAtMs: number, keep: number): Promise<void> {
    await this.#database
      .insertInto('sessions')
      .values({ token_hash: tokenHash, expires_at_ms: expiresAtMs })
      .execute()
    const newest = this.#database
      .selectFrom('sessions')
      .select('token_hash')
      .orderBy('expires_at_ms', 'desc')
      .limit(keep)
    await this.#database.deleteFrom('sessions').where('token_hash', 'not in', newest).execute()
  }

  async removeSession(tokenHash: string): Promise<void> {
    await this.#database.deleteFrom('sessions').where('token_hash', '=', tokenHash).execute()
  }

  async removeSessionsExcept(tokenHash: string): Promise<void> {
    await this.#database.deleteFrom('sessions').where('token_hash', '!=', tokenHash).execute()
  }
}
