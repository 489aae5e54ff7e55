import type { EventView, RoundMetrics } from '@quorate/shared/api/api'
import type { QueryResult, RawBuilder, Transaction } from 'kysely'
import { sql } from 'kysely'
import type { Database } from '../../database/database.ts'
import { synced } from '../../database/database.ts'
import type { Schema } from '../../database/schema.ts'
import type {
  Store,
  StoredCheckpoint,
  StoredContributor,
  StoredRun,
  StoredShard,
} from '../../training/ports.ts'
import { EVENTS_KEPT } from '../limits.ts'
import type { PublicBlob, PublicBlobs } from '../public-blobs.ts'
import * as rows from './rows.ts'

/** Old events are looked for once in so many. */
const EVENTS_PRUNED_EVERY = 256

/** The store in SQLite: the only place that knows SQL, but for the operator's secrets. */
export class SqliteStore implements Store, PublicBlobs {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async listRuns(): Promise<StoredRun[]> {
    const found = await this.#database.selectFrom('runs').selectAll().orderBy('number').execute()
    return found.map(rows.runOf)
  }

  async insertRun(run: Omit<StoredRun, 'number'>): Promise<StoredRun> {
    return synced(this.#database, async (connection) => {
      const { number } = await connection
        .insertInto('runs')
        .values(rows.runRow(run))
        .returning('number')
        .executeTakeFirstOrThrow()
      return { ...run, number }
    })
  }

  async saveRunState(
    id: string,
    state: StoredRun['state'],
    startedAtMs: number | null,
  ): Promise<void> {
    await this.#database
      .updateTable('runs')
      .set({ state_json: JSON.stringify(state), started_at_ms: startedAtMs })
      .where('id', '=', id)
      .returning('id')
      .executeTakeFirstOrThrow(() => unknownRun(id))
  }

  async saveInvite(id: string, invite: string | null): Promise<void> {
    await this.#database
      .updateTable('runs')
      .set({ invite })
      .where('id', '=', id)
      .returning('id')
      .executeTakeFirstOrThrow(() => unknownRun(id))
  }

  async deleteRun(id: string): Promise<void> {
    await this.#database.deleteFrom('runs').where('id', '=', id).execute()
  }

  async reserveAttempts(id: string, upTo: number): Promise<void> {
    await synced(this.#database, async (connection) => {
      await connection
        .updateTable('runs')
        .set({ attempts_reserved: sql`max(attempts_reserved, ${upTo})` })
        .where('id', '=', id)
        .returning('id')
        .executeTakeFirstOrThrow(() => unknownRun(id))
    })
  }

  async appendRounds(id: string, rounds: readonly RoundMetrics[]): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      for (const metrics of rounds) {
        await transaction
          .insertInto('rounds')
          .values(rows.roundRow(id, metrics))
          .onConflict((conflict) =>
            conflict.columns(['run_id', 'round']).doUpdateSet({
              metrics_json: (excluded) => excluded.ref('excluded.metrics_json'),
            }),
          )
          .execute()
        if (metrics.accuracy !== null && metrics.loss !== null) {
          const { round, accuracy, loss } = metrics
          await upsertEvaluation(transaction, id, { round, accuracy, loss })
        }
      }
    })
  }

  async saveEvaluation(
    id: string,
    round: number,
    value: { accuracy: number; loss: number },
  ): Promise<void> {
    const { accuracy, loss } = value
    await upsertEvaluation(this.#database, id, { round, accuracy, loss })
  }

  async rounds(
    id: string,
    range: { from: number; to: number; limit: number },
  ): Promise<RoundMetrics[]> {
    const { from, to } = range
    const within = sql`from rounds where run_id = ${id} and round between ${from} and ${to}`
    const ends = await sql<{ first: number | null; last: number | null }>`
      select (select round ${within} order by round limit 1) as first,
        (select round ${within} order by round desc limit 1) as last
    `.execute(this.#database)
    const { first = null, last = null } = ends.rows[0] ?? {}
    if (first === null || last === null) return []
    const found =
      last - first < range.limit
        ? await everyRound(this.#database, id, { first, last })
        : await thinnedRounds(this.#database, id, { first, last, limit: range.limit })
    return found.rows.map(rows.roundOf)
  }

  async lastRound(id: string): Promise<number | null> {
    const found = await this.#database
      .selectFrom('rounds')
      .select('round')
      .where('run_id', '=', id)
      .orderBy('round', 'desc')
      .limit(1)
      .executeTakeFirst()
    return found?.round ?? null
  }

  async latestEvaluation(
    id: string,
  ): Promise<{ round: number; accuracy: number; loss: number } | null> {
    const found = await this.#database
      .selectFrom('evaluations')
      .select(['round', 'accuracy', 'loss'])
      .where('run_id', '=', id)
      .orderBy('round', 'desc')
      .limit(1)
      .executeTakeFirst()
    return found ?? null
  }

  async appendEvent(id: string, event: EventView): Promise<void> {
    const { id: eventId } = await this.#database
      .insertInto('events')
      .values(rows.eventRow(id, event))
      .returning('id')
      .executeTakeFirstOrThrow()
    if (eventId % EVENTS_PRUNED_EVERY !== 0) return
    await sql`
      delete from events where run_id = ${id} and id <= (
        select id from events where run_id = ${id} order by id desc limit 1 offset ${EVENTS_KEPT}
      )
    `.execute(this.#database)
  }

  async events(id: string, limit: number): Promise<EventView[]> {
    const found = await this.#database
      .selectFrom('events')
      .selectAll()
      .where('run_id', '=', id)
      .orderBy('id', 'desc')
      .limit(limit)
      .execute()
    return found.map(rows.eventOf)
  }

  async saveContributor(id: string, contributor: StoredContributor): Promise<void> {
    await this.#database
      .replaceInto('contributors')
      .values(rows.contributorRow(id, contributor))
      .execute()
  }

  async forgetContributor(id: string, number: number): Promise<void> {
    await this.#database
      .deleteFrom('contributors')
      .where('run_id', '=', id)
      .where('number', '=', number)
      .execute()
  }

  async contributors(id: string): Promise<StoredContributor[]> {
    const found = await this.#database
      .selectFrom('contributors')
      .selectAll()
      .where('run_id', '=', id)
      .orderBy('number')
      .execute()
    return found.map(rows.contributorOf)
  }

  async insertCheckpoint(id: string, checkpoint: StoredCheckpoint): Promise<void> {
    await synced(this.#database, (connection) =>
      connection.transaction().execute(async (transaction) => {
        await transaction
          .replaceInto('checkpoints')
          .values(rows.checkpointRow(id, checkpoint))
          .execute()
        await publish(transaction, id, { digest: checkpoint.blob, kind: 'checkpoint' })
      }),
    )
  }

  async deleteCheckpoint(id: string, round: number): Promise<void> {
    await this.#database.transaction().execute(async (transaction) => {
      const gone = await transaction
        .deleteFrom('checkpoints')
        .where('run_id', '=', id)
        .where('round', '=', round)
        .returning('blob')
        .execute()
      for (const { blob } of gone) {
        await sql`
          delete from public_blobs where run_id = ${id} and digest = ${blob}
            and not exists (select 1 from checkpoints where run_id = ${id} and blob = ${blob})
        `.execute(transaction)
      }
    })
  }

  async checkpoints(id: string): Promise<StoredCheckpoint[]> {
    const found = await this.#database
      .selectFrom('checkpoints')
      .selectAll()
      .where('run_id', '=', id)
      .orderBy('round')
      .execute()
    return found.map(rows.checkpointOf)
  }

  async insertShards(id: string, shards: readonly StoredShard[]): Promise<void> {
    await synced(this.#database, (connection) =>
      connection.transaction().execute(async (transaction) => {
        for (const shard of shards) {
          await transaction.insertInto('shards').values(rows.shardRow(id, shard)).execute()
          for (const { digest } of shard.chunks) {
            await publish(transaction, id, { digest, kind: 'chunk' })
          }
        }
      }),
    )
  }

  async shards(id: string): Promise<StoredShard[]> {
    const found = await this.#database
      .selectFrom('shards')
      .selectAll()
      .where('run_id', '=', id)
      .orderBy('shard')
      .execute()
    return found.map(rows.shardOf)
  }

  async publicBlob(digest: string): Promise<PublicBlob | null> {
    const found = await this.#database
      .selectFrom('public_blobs')
      .select('kind')
      .where('digest', '=', digest)
      .limit(1)
      .executeTakeFirst()
    return found ? { kind: found.kind } : null
  }

  async blobsInUse(): Promise<Set<string>> {
    const [shown, states] = await Promise.all([
      this.#database.selectFrom('public_blobs').select('digest').execute(),
      this.#database.selectFrom('checkpoints').select('state_blob').execute(),
    ])
    return new Set([
      ...shown.map(({ digest }) => digest),
      ...states.map(({ state_blob }) => state_blob),
    ])
  }
}

function everyRound(
  database: Database,
  id: string,
  { first, last }: { first: number; last: number },
): Promise<QueryResult<rows.EvaluatedRound>> {
  return sql<rows.EvaluatedRound>`
    select r.metrics_json, e.accuracy, e.loss
    from rounds r left join evaluations e on e.run_id = r.run_id and e.round = r.round
    where r.run_id = ${id} and r.round between ${first} and ${last} order by r.round
  `.execute(database)
}

/**
 * The range is cut into `limit` spans of rounds; of each an evaluated one is taken, else the last.
 * Each is looked up by key (a cross join keeps SQLite from going through all rounds instead): a run
 * of a million rounds costs no more than one of some thousands.
 */
function thinnedRounds(
  database: Database,
  id: string,
  { first, last, limit }: { first: number; last: number; limit: number },
): Promise<QueryResult<rows.EvaluatedRound>> {
  const least = (span: RawBuilder<unknown>) =>
    sql`(${span} * cast(${last - first + 1} as integer) + cast(${limit - 1} as integer))
      / cast(${limit} as integer) + cast(${first} as integer)`
  return sql<rows.EvaluatedRound>`
    with recursive numbers (n) as (
      select 0 union all select n + 1 from numbers where n + 1 < ${limit}
    ), spans as (
      select ${least(sql`n`)} as least, ${least(sql`(n + 1)`)} - 1 as most from numbers
    ), chosen as materialized (
      select coalesce(
        (select e.round from evaluations e
          where exists (select 1 from rounds r where r.run_id = e.run_id and r.round = e.round)
            and e.run_id = ${id} and e.round between least and most
          order by e.round desc limit 1),
        (select r.round from rounds r
          where r.run_id = ${id} and r.round between least and most
          order by r.round desc limit 1)
      ) as round from spans
    )
    select r.metrics_json, e.accuracy, e.loss from chosen c
      cross join rounds r on r.run_id = ${id} and r.round = c.round
      left join evaluations e on e.run_id = r.run_id and e.round = r.round
    order by c.round
  `.execute(database)
}

async function upsertEvaluation(
  database: Database | Transaction<Schema>,
  runId: string,
  evaluation: { round: number; accuracy: number; loss: number },
): Promise<void> {
  await database
    .replaceInto('evaluations')
    .values({ run_id: runId, ...evaluation })
    .execute()
}

async function publish(
  transaction: Transaction<Schema>,
  runId: string,
  blob: { digest: string; kind: PublicBlob['kind'] },
): Promise<void> {
  await transaction
    .insertInto('public_blobs')
    .values({ run_id: runId, ...blob })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
}

function unknownRun(id: string): Error {
  return new Error(`run ${id} is not in the store`)
}
