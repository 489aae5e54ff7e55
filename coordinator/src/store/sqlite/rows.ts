/** Rows of the database to the values of training, and back. What comes out is checked again. */
import type { EventView, RoundMetrics } from '@quorate/shared/api/api'
import { eventView, roundMetrics } from '@quorate/shared/api/api'
import { keptSettings } from '@quorate/shared/run/settings'
import { runState } from '@quorate/shared/run/state'
import type { Insertable, Selectable } from 'kysely'
import { z } from 'zod'
import type { Schema } from '../../database/schema.ts'
import type {
  StoredCheckpoint,
  StoredContributor,
  StoredRun,
  StoredShard,
} from '../../training/ports.ts'

export function runRow(run: Omit<StoredRun, 'number'>): Insertable<Schema['runs']> {
  return {
    id: run.id,
    settings_json: JSON.stringify(run.settings),
    state_json: JSON.stringify(run.state),
    created_at_ms: run.createdAtMs,
    started_at_ms: run.startedAtMs,
    attempts_reserved: run.attemptsReserved,
    invite: run.invite,
  }
}

export function runOf(row: Selectable<Schema['runs']>): StoredRun {
  return {
    id: row.id,
    number: row.number,
    settings: keptSettings.parse(JSON.parse(row.settings_json)),
    state: runState.parse(JSON.parse(row.state_json)),
    createdAtMs: row.created_at_ms,
    startedAtMs: row.started_at_ms,
    attemptsReserved: row.attempts_reserved,
    invite: row.invite,
  }
}

export interface EvaluatedRound {
  readonly metrics_json: string
  readonly accuracy: number | null
  readonly loss: number | null
}

export function roundRow(runId: string, metrics: RoundMetrics): Insertable<Schema['rounds']> {
  const unevaluated = { ...metrics, accuracy: null, loss: null }
  return { run_id: runId, round: metrics.round, metrics_json: JSON.stringify(unevaluated) }
}

export function roundOf(row: EvaluatedRound): RoundMetrics {
  const metrics = roundMetrics.parse(JSON.parse(row.metrics_json))
  return { ...metrics, accuracy: row.accuracy, loss: row.loss }
}

export function eventRow(runId: string, event: EventView): Insertable<Schema['events']> {
  const { atMs, level, code, text, round, contributor } = event
  return { run_id: runId, at_ms: atMs, level, code, text, round, contributor }
}

export function eventOf(row: Selectable<Schema['events']>): EventView {
  const { at_ms: atMs, level, code, text, round, contributor } = row
  return eventView.parse({ atMs, level, code, text, round, contributor })
}

const leasedShards = z.array(z.object({ shard: z.int(), chunks: z.array(z.string()) }))

export function contributorRow(
  runId: string,
  contributor: StoredContributor,
): Insertable<Schema['contributors']> {
  return {
    run_id: runId,
    number: contributor.number,
    id: contributor.id,
    name: contributor.name,
    token_hash: contributor.tokenHash,
    joined_at_ms: contributor.joinedAtMs,
    last_seen_ms: contributor.lastSeenMs,
    shards_json: JSON.stringify(contributor.shards),
    rounds_counted: contributor.roundsCounted,
    rounds_missed: contributor.roundsMissed,
    saved_at_round: contributor.savedAtRound,
    banned: contributor.banned ? 1 : 0,
  }
}

export function contributorOf(row: Selectable<Schema['contributors']>): StoredContributor {
  return {
    number: row.number,
    id: row.id,
    name: row.name,
    tokenHash: row.token_hash,
    joinedAtMs: row.joined_at_ms,
    lastSeenMs: row.last_seen_ms,
    shards: leasedShards.parse(JSON.parse(row.shards_json)),
    roundsCounted: row.rounds_counted,
    roundsMissed: row.rounds_missed,
    savedAtRound: row.saved_at_round,
    banned: row.banned !== 0,
  }
}

export function checkpointRow(
  runId: string,
  checkpoint: StoredCheckpoint,
): Insertable<Schema['checkpoints']> {
  return {
    run_id: runId,
    round: checkpoint.round,
    digest: checkpoint.digest,
    blob: checkpoint.blob,
    size_bytes: checkpoint.sizeBytes,
    state_blob: checkpoint.stateBlob,
    created_at_ms: checkpoint.createdAtMs,
  }
}

export function checkpointOf(row: Selectable<Schema['checkpoints']>): StoredCheckpoint {
  return {
    round: row.round,
    digest: row.digest,
    blob: row.blob,
    sizeBytes: row.size_bytes,
    stateBlob: row.state_blob,
    createdAtMs: row.created_at_ms,
  }
}

const chunks = z.array(z.object({ digest: z.string(), records: z.int(), sizeBytes: z.int() }))

export function shardRow(runId: string, shard: StoredShard): Insertable<Schema['shards']> {
  return {
    run_id: runId,
    shard: shard.shard,
    chunks_json: JSON.stringify(shard.chunks),
    labels_json: JSON.stringify(shard.labels),
  }
}

export function shardOf(row: Selectable<Schema['shards']>): StoredShard {
  return {
    shard: row.shard,
    chunks: chunks.parse(JSON.parse(row.chunks_json)),
    labels: z.array(z.int()).parse(JSON.parse(row.labels_json)),
  }
}
