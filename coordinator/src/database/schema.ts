import type { Generated } from 'kysely'

/** The tables as the newest migration leaves them. Columns ending in `_json` hold JSON text. */
export interface Schema {
  runs: {
    /** Never used twice, also after a deletion. */
    number: Generated<number>
    id: string
    settings_json: string
    state_json: string
    created_at_ms: number
    started_at_ms: number | null
    attempts_reserved: number
    invite: string | null
  }
  rounds: { run_id: string; round: number; metrics_json: string }
  evaluations: { run_id: string; round: number; accuracy: number; loss: number }
  events: {
    id: Generated<number>
    run_id: string
    at_ms: number
    level: string
    code: string
    text: string
    round: number | null
    contributor: string | null
  }
  contributors: {
    run_id: string
    number: number
    id: string
    name: string
    token_hash: string
    joined_at_ms: number
    last_seen_ms: number
    shards_json: string
    rounds_counted: number
    rounds_missed: number
    saved_at_round: number
    banned: number
  }
  checkpoints: {
    run_id: string
    round: number
    digest: string
    blob: string
    size_bytes: number
    state_blob: string
    created_at_ms: number
  }
  shards: { run_id: string; shard: number; chunks_json: string; labels_json: string }
  /** Blobs that anyone may download. */
  public_blobs: { run_id: string; digest: string; kind: 'chunk' | 'checkpoint' }
  /** One row per name: `password` (scrypt) and `link` (SHA-256 of the sign-in token). */
  operator_secrets: { name: string; hash: string }
  sessions: { token_hash: string; expires_at_ms: number }
}
