import type { Kysely, Migration } from 'kysely'
import { sql } from 'kysely'

const statements = [
  `create table runs (
    number integer primary key autoincrement,
    id text not null unique,
    settings_json text not null,
    state_json text not null,
    created_at_ms real not null,
    started_at_ms real,
    attempts_reserved integer not null
  )`,
  `create table rounds (
    run_id text not null references runs (id) on delete cascade,
    round integer not null,
    metrics_json text not null,
    primary key (run_id, round)
  ) without rowid`,
  `create table evaluations (
    run_id text not null references runs (id) on delete cascade,
    round integer not null,
    accuracy real not null,
    loss real not null,
    primary key (run_id, round)
  ) without rowid`,
  `create table events (
    id integer primary key autoincrement,
    run_id text not null references runs (id) on delete cascade,
    at_ms real not null,
    level text not null,
    code text not null,
    text text not null,
    round integer,
    contributor text
  )`,
  `create index events_of_run on events (run_id, id)`,
  `create table contributors (
    run_id text not null references runs (id) on delete cascade,
    number integer not null,
    id text not null,
    name text not null,
    token_hash text not null,
    joined_at_ms real not null,
    last_seen_ms real not null,
    shards_json text not null,
    rounds_counted integer not null,
    rounds_missed integer not null,
    banned integer not null,
    primary key (run_id, number)
  ) without rowid`,
  `create table checkpoints (
    run_id text not null references runs (id) on delete cascade,
    round integer not null,
    digest text not null,
    blob text not null,
    size_bytes integer not null,
    state_blob text not null,
    created_at_ms real not null,
    primary key (run_id, round)
  ) without rowid`,
  `create table shards (
    run_id text not null references runs (id) on delete cascade,
    shard integer not null,
    chunks_json text not null,
    labels_json text not null,
    primary key (run_id, shard)
  ) without rowid`,
  `create table public_blobs (
    run_id text not null references runs (id) on delete cascade,
    digest text not null,
    kind text not null,
    primary key (digest, run_id)
  ) without rowid`,
  `create index public_blobs_of_run on public_blobs (run_id)`,
  `create table operator_secrets (name text primary key, hash text not null) without rowid`,
  `create table sessions (
    token_hash text primary key,
    expires_at_ms real not null
  ) without rowid`,
]

export const initial: Migration = {
  async up(database: Kysely<unknown>) {
    for (const statement of statements) await sql.raw(statement).execute(database)
  },
}
