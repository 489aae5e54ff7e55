import type { EventView, RoundMetrics } from '@quorate/shared/api/api'
import type {
  Store,
  StoredCheckpoint,
  StoredContributor,
  StoredRun,
  StoredShard,
} from '../../training/ports.ts'
import { EVENTS_KEPT } from '../limits.ts'
import type { PublicBlob, PublicBlobs } from '../public-blobs.ts'

interface RunRows {
  run: StoredRun
  readonly rounds: Map<number, RoundMetrics>
  readonly evaluations: Map<number, { accuracy: number; loss: number }>
  events: EventView[]
  readonly contributors: Map<number, StoredContributor>
  readonly checkpoints: Map<number, StoredCheckpoint>
  shards: readonly StoredShard[]
}

/** The store of one process, gone with it: for tests and for whole runs in one process. */
export class MemoryStore implements Store, PublicBlobs {
  readonly #runs = new Map<string, RunRows>()
  #lastNumber = 0

  async listRuns(): Promise<StoredRun[]> {
    return [...this.#runs.values()].map(({ run }) => run)
  }

  async insertRun(run: Omit<StoredRun, 'number'>): Promise<StoredRun> {
    if (this.#runs.has(run.id)) throw new Error(`run ${run.id} is there already`)
    const stored = { ...run, number: ++this.#lastNumber }
    this.#runs.set(run.id, {
      run: stored,
      rounds: new Map(),
      evaluations: new Map(),
      events: [],
      contributors: new Map(),
      checkpoints: new Map(),
      shards: [],
    })
    return stored
  }

  async saveRunState(
    id: string,
    state: StoredRun['state'],
    startedAtMs: number | null,
  ): Promise<void> {
    const rows = this.#rows(id)
    rows.run = { ...rows.run, state, startedAtMs }
  }

  async saveInvite(id: string, invite: string | null): Promise<void> {
    const rows = this.#rows(id)
    rows.run = { ...rows.run, invite }
  }

  async deleteRun(id: string): Promise<void> {
    this.#runs.delete(id)
  }

  async reserveAttempts(id: string, upTo: number): Promise<void> {
    const rows = this.#rows(id)
    rows.run = { ...rows.run, attemptsReserved: Math.max(rows.run.attemptsReserved, upTo) }
  }

  async appendRounds(id: string, rounds: readonly RoundMetrics[]): Promise<void> {
    const rows = this.#rows(id)
    for (const metrics of rounds) {
      rows.rounds.set(metrics.round, { ...metrics, accuracy: null, loss: null })
      if (metrics.accuracy !== null && metrics.loss !== null) {
        const { round, accuracy, loss } = metrics
        rows.evaluations.set(round, { accuracy, loss })
      }
    }
  }

  async saveEvaluation(
    id: string,
    round: number,
    value: { accuracy: number; loss: number },
  ): Promise<void> {
    this.#rows(id).evaluations.set(round, { accuracy: value.accuracy, loss: value.loss })
  }

  async rounds(
    id: string,
    range: { from: number; to: number; limit: number },
  ): Promise<RoundMetrics[]> {
    const rows = this.#runs.get(id)
    if (!rows) return []
    const inRange = [...rows.rounds.values()]
      .filter(({ round }) => round >= range.from && round <= range.to)
      .sort((a, b) => a.round - b.round)
      .map((metrics) => ({ ...metrics, ...rows.evaluations.get(metrics.round) }))
    return thinned(inRange, range.limit)
  }

  async lastRound(id: string): Promise<number | null> {
    const rounds = [...(this.#runs.get(id)?.rounds.keys() ?? [])]
    return rounds.length > 0 ? Math.max(...rounds) : null
  }

  async latestEvaluation(
    id: string,
  ): Promise<{ round: number; accuracy: number; loss: number } | null> {
    const evaluations = [...(this.#runs.get(id)?.evaluations ?? [])]
    const last = evaluations.sort(([a], [b]) => a - b).at(-1)
    return last ? { round: last[0], ...last[1] } : null
  }

  async appendEvent(id: string, event: EventView): Promise<void> {
    const rows = this.#rows(id)
    rows.events.push(event)
    if (rows.events.length > 2 * EVENTS_KEPT) rows.events = rows.events.slice(-EVENTS_KEPT)
  }

  async events(id: string, limit: number): Promise<EventView[]> {
    return (this.#runs.get(id)?.events ?? []).slice(-EVENTS_KEPT).reverse().slice(0, limit)
  }

  async saveContributor(id: string, contributor: StoredContributor): Promise<void> {
    this.#rows(id).contributors.set(contributor.number, contributor)
  }

  async forgetContributor(id: string, number: number): Promise<void> {
    this.#runs.get(id)?.contributors.delete(number)
  }

  async contributors(id: string): Promise<StoredContributor[]> {
    return ascending(this.#runs.get(id)?.contributors)
  }

  async insertCheckpoint(id: string, checkpoint: StoredCheckpoint): Promise<void> {
    this.#rows(id).checkpoints.set(checkpoint.round, checkpoint)
  }

  async checkpoints(id: string): Promise<StoredCheckpoint[]> {
    return ascending(this.#runs.get(id)?.checkpoints)
  }

  async deleteCheckpoint(id: string, round: number): Promise<void> {
    this.#runs.get(id)?.checkpoints.delete(round)
  }

  async blobsInUse(): Promise<Set<string>> {
    const all = [...this.#runs.values()].flatMap(({ checkpoints, shards }) => [
      ...[...checkpoints.values()].flatMap(({ blob, stateBlob }) => [blob, stateBlob]),
      ...shards.flatMap(({ chunks }) => chunks.map(({ digest }) => digest)),
    ])
    return new Set(all)
  }

  async insertShards(id: string, shards: readonly StoredShard[]): Promise<void> {
    const rows = this.#rows(id)
    if (rows.shards.length > 0) throw new Error(`run ${id} has its shards already`)
    rows.shards = [...shards].sort((a, b) => a.shard - b.shard)
  }

  async shards(id: string): Promise<StoredShard[]> {
    return [...(this.#runs.get(id)?.shards ?? [])]
  }

  async publicBlob(digest: string): Promise<PublicBlob | null> {
    for (const rows of this.#runs.values()) {
      for (const { blob } of rows.checkpoints.values()) {
        if (blob === digest) return { kind: 'checkpoint' }
      }
      for (const { chunks } of rows.shards) {
        if (chunks.some((chunk) => chunk.digest === digest)) return { kind: 'chunk' }
      }
    }
    return null
  }

  #rows(id: string): RunRows {
    const rows = this.#runs.get(id)
    if (!rows) throw new Error(`run ${id} is not in the store`)
    return rows
  }
}

function ascending<T>(rows: ReadonlyMap<number, T> | undefined): T[] {
  return [...(rows ?? [])].sort(([a], [b]) => a - b).map(([, row]) => row)
}

/**
 * At most `limit` of `rows`: one of each of `limit` equal spans of rounds, an evaluated one where
 * there is one, else the last.
 */
function thinned(rows: readonly RoundMetrics[], limit: number): RoundMetrics[] {
  const first = rows[0]?.round ?? 0
  const rounds = (rows.at(-1)?.round ?? 0) - first + 1
  if (rounds <= limit) return [...rows]
  const kept = new Map<number, RoundMetrics>()
  for (const row of rows) {
    const span = Math.floor(((row.round - first) * limit) / rounds)
    const other = kept.get(span)
    if (!other || row.accuracy !== null || other.accuracy === null) kept.set(span, row)
  }
  return [...kept.values()]
}
