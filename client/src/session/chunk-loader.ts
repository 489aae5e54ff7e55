import type { CancelTimer, Clock } from '@quorate/shared/clock/clock'
import { MAX_HELD_CHUNKS } from '@quorate/shared/lease/held'
import type { ChunkRef, CoordinatorMessage, MessageOf } from '@quorate/shared/protocol/messages'
import type { BatchOrder, Files, Trainer } from './ports.ts'

type Lease = MessageOf<CoordinatorMessage, 'lease'>

/** Downloads under way at once. */
const PARALLEL = 3
/** A `loaded` message goes out at every so many chunks, and when the lease is complete. */
const REPORT_EVERY = 12
/** Chunks in one `loaded` message at most (the schema's bound). */
const MAX_REPORTED = 512
/** A chunk that could not be had is asked for again after this long. */
const RETRY_MS = 5000

export interface ChunkLoaderPorts {
  readonly files: Files
  readonly trainer: Pick<Trainer, 'addChunk' | 'keepChunks'>
  readonly clock: Clock
  /** Tells the coordinator; false when the connection is down. */
  readonly report: (sequence: number, chunks: readonly string[]) => boolean
  /** Loaded so far, and downloaded bytes of one more file. */
  readonly progress: (done: number, total: number, sizeBytes: number) => void
  /** A chunk that cannot be had; the others go on. */
  readonly failed: (error: unknown) => void
}

/**
 * Keeps the trainer's chunks equal to the lease: the first chunk of every shard first, so that
 * training starts early, the rest behind it.
 */
export class ChunkLoader {
  readonly #ports: ChunkLoaderPorts
  #lease: Lease | null = null
  readonly #held = new Set<string>()
  /** Chunk → sequence of the `loaded` message that named it on this connection. */
  #reported = new Map<string, number>()
  #sequence = 0
  #complete = false
  /** Between a welcome and the end of its connection: sequences count from the welcome. */
  #online = false
  #abort = new AbortController()
  #cancelRetry: CancelTimer = () => {}

  constructor(ports: ChunkLoaderPorts) {
    this.#ports = ports
  }

  /** Every leased shard has its first chunk, or nothing more of the lease is to be had. */
  get startable(): boolean {
    const parts = this.#lease?.parts ?? []
    const begun = parts.filter(({ chunks }) => this.#reportedOf(chunks).length > 0).length
    return begun > 0 && (begun === parts.length || this.#complete)
  }

  get shards(): readonly number[] {
    return this.#lease?.parts.map(({ shard }) => shard) ?? []
  }

  /** What is held must be named again on the next connection, and nothing before its welcome. */
  disconnected(): void {
    this.#online = false
    this.#reported = new Map()
    this.#sequence = 0
  }

  /** Welcomed on a new connection. */
  reconnected(): void {
    this.disconnected()
    this.#online = true
  }

  /** The shards and chunks of a batch, as the coordinator reckons them at `sequence`. */
  drawsAt(sequence: number): BatchOrder['draws'] {
    const parts = this.#lease?.parts ?? []
    return parts
      .map(({ shard, chunks }) => ({
        shard,
        chunks: chunks
          .filter(({ digest }) => (this.#reported.get(digest) ?? Infinity) <= sequence)
          .map(({ digest }) => digest),
      }))
      .filter(({ chunks }) => chunks.length > 0)
  }

  /** Loads what the lease has and the trainer has not; resolves when done or overtaken. */
  async follow(lease: Lease): Promise<void> {
    this.#abort.abort()
    this.#cancelRetry()
    const abort = new AbortController()
    this.#abort = abort
    this.#lease = lease
    const wanted = interleave(lease.parts.map(({ chunks }) => chunks)).slice(0, MAX_HELD_CHUNKS)
    const keep = new Set(wanted.map(({ digest }) => digest))
    for (const digest of this.#held) if (!keep.has(digest)) this.#held.delete(digest)
    for (const digest of this.#reported.keys()) {
      if (!keep.has(digest)) this.#reported.delete(digest)
    }
    this.#complete = false
    await this.#ports.trainer.keepChunks([...this.#held])
    if (abort.signal.aborted) return
    this.#report()
    await this.#load(wanted, lease.parts.length, abort.signal)
  }

  close(): void {
    this.#abort.abort()
    this.#cancelRetry()
    this.#lease = null
  }

  /** `first`: chunks enough to begin with. */
  async #load(wanted: readonly ChunkRef[], first: number, signal: AbortSignal): Promise<void> {
    const missing = wanted.filter(({ digest }) => !this.#held.has(digest))
    const lanes = Array.from({ length: PARALLEL }, () =>
      this.#lane(missing, { first, total: wanted.length, signal }),
    )
    await Promise.all(lanes)
    if (signal.aborted) return
    this.#complete = true
    this.#report()
    if (wanted.every(({ digest }) => this.#held.has(digest))) return
    this.#cancelRetry = this.#ports.clock.after(RETRY_MS, () => {
      this.#load(wanted, first, signal).catch(this.#ports.failed)
    })
  }

  async #lane(
    missing: ChunkRef[],
    lease: { first: number; total: number; signal: AbortSignal },
  ): Promise<void> {
    for (let next = missing.shift(); next; next = missing.shift()) {
      if (lease.signal.aborted) return
      const { digest } = next
      try {
        const url = `/api/blobs/${digest}`
        const bytes = await this.#ports.files.fetch(url, { digest, signal: lease.signal })
        if (lease.signal.aborted) return
        const sizeBytes = bytes.length
        await this.#ports.trainer.addChunk(digest, bytes)
        // A newer lease has told the trainer meanwhile what to keep, and that was not this.
        if (lease.signal.aborted) return
        this.#held.add(digest)
        this.#ports.progress(this.#held.size, lease.total, sizeBytes)
        const unreported = this.#held.size - this.#reported.size
        if (this.#held.size === lease.first || unreported >= REPORT_EVERY) this.#report()
      } catch (error) {
        if (lease.signal.aborted) return
        this.#ports.failed(error)
      }
    }
  }

  #report(): void {
    if (!this.#online) return
    const news = [...this.#held].filter((digest) => !this.#reported.has(digest))
    for (let at = 0; at < news.length; at += MAX_REPORTED) {
      const chunks = news.slice(at, at + MAX_REPORTED)
      if (!this.#ports.report(this.#sequence + 1, chunks)) return
      this.#sequence += 1
      for (const digest of chunks) this.#reported.set(digest, this.#sequence)
    }
  }

  #reportedOf(chunks: readonly ChunkRef[]): ChunkRef[] {
    return chunks.filter(({ digest }) => this.#reported.has(digest))
  }
}

/** First of each list, second of each list, … */
function interleave<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length))
  return Array.from({ length: longest }, (_, at) =>
    lists.flatMap((list) => (at < list.length ? [list[at] as T] : [])),
  ).flat()
}
