import type { Chunk } from '@quorate/shared/wire/chunk'
import { decodeChunk } from '@quorate/shared/wire/chunk'
import type { DataShape } from '@quorate/shared/model/spec'
import { drawBatch } from '@quorate/shared/partition/draw'
import { TrainerError } from './errors.ts'

/** Shards and the chunks held of each, in the order that numbers their records. */
export type Draws = readonly { readonly shard: number; readonly chunks: readonly string[] }[]

/** Which of the batches that may be drawn: number `draw`, of `size` records. */
export interface Drawn {
  readonly seed: number
  readonly draw: number
  readonly size: number
  readonly stream: number
}

export interface Batch {
  /** `[B, height · width · channels]` in 0..1. */
  readonly inputs: Float32Array
  /** `[B]` */
  readonly labels: Uint8Array
}

/** The training examples that this contributor has been leased, by chunk digest. */
export class ChunkStore {
  readonly #shape: DataShape
  readonly #recordSize: number
  readonly #chunks = new Map<string, Chunk>()
  /** Gathered ahead of time; dropped with the lease that it was drawn from. */
  #next: { readonly key: string; readonly batch: Batch } | null = null

  constructor(shape: DataShape) {
    this.#shape = shape
    this.#recordSize = shape.input.reduce((size, extent) => size * extent, 1)
  }

  /** Throws decodeChunk's coded error when the bytes do not fit the run's data. */
  add(digest: string, bytes: Uint8Array): void {
    if (this.#chunks.has(digest)) return
    const shape = { recordSize: this.#recordSize, classes: this.#shape.classes }
    this.#chunks.set(digest, decodeChunk(bytes, shape))
  }

  keep(digests: readonly string[]): void {
    this.#next = null
    const kept = new Set(digests)
    for (const digest of this.#chunks.keys()) if (!kept.has(digest)) this.#chunks.delete(digest)
  }

  /**
   * Batch number `draw` of `size` records: the generator's choice at (seed, draw, shard, stream).
   * A shard's records are numbered through its chunks in the order listed.
   */
  batch(draws: Draws, drawn: Drawn): Batch {
    const next = this.#next
    this.#next = null
    return next?.key === keyOf(draws, drawn) ? next.batch : this.#gather(draws, drawn)
  }

  /**
   * Gathers a batch that may be asked for next, and keeps it until then: one at most. Null where a
   * chunk of it is not here any more.
   */
  prefetch(draws: Draws, drawn: Drawn): Batch | null {
    const here = draws.every(({ chunks }) => chunks.every((digest) => this.#chunks.has(digest)))
    if (!here || draws.length === 0) return null
    const batch = this.#gather(draws, drawn)
    this.#next = { key: keyOf(draws, drawn), batch }
    return batch
  }

  #gather(draws: Draws, { seed, draw, size, stream }: Drawn): Batch {
    const held = new Map(draws.map(({ shard, chunks }) => [shard, this.#shardOf(chunks)]))
    const shards = draws.map(({ shard }) => ({ shard, records: held.get(shard)?.records ?? 0 }))
    if (!shards.some(({ records }) => records > 0)) {
      throw new TrainerError('CHUNK_MISSING', 'there is no record to draw a batch from')
    }
    const drawn = drawBatch({ seed, round: draw, batch: size, stream, shards })
    const inputs = new Float32Array(drawn.length * this.#recordSize)
    const labels = new Uint8Array(drawn.length)
    drawn.forEach(({ shard, record }, at) => {
      labels[at] = this.#copyRecord(held.get(shard)?.chunks ?? [], record, {
        target: inputs,
        at: at * this.#recordSize,
      })
    })
    return { inputs, labels }
  }

  #shardOf(digests: readonly string[]): { chunks: Chunk[]; records: number } {
    const chunks = digests.map((digest) => {
      const chunk = this.#chunks.get(digest)
      if (!chunk) throw new TrainerError('CHUNK_MISSING', `chunk ${digest} is not loaded`)
      return chunk
    })
    return { chunks, records: chunks.reduce((sum, { records }) => sum + records, 0) }
  }

  /** Writes the features of a shard's record, scaled to 0..1, and returns its label. */
  #copyRecord(
    chunks: readonly Chunk[],
    record: number,
    { target, at }: { target: Float32Array; at: number },
  ): number {
    let index = record
    for (const chunk of chunks) {
      if (index < chunk.records) {
        const from = index * this.#recordSize
        for (let i = 0; i < this.#recordSize; i++) {
          target[at + i] = (chunk.features[from + i] ?? 0) / 255
        }
        return chunk.labels[index] ?? 0
      }
      index -= chunk.records
    }
    throw new Error(`record ${record} is outside its shard`)
  }
}

/** All that a batch depends on; chunks are immutable. */
function keyOf(draws: Draws, drawn: Drawn): string {
  return JSON.stringify([draws, drawn.seed, drawn.draw, drawn.size, drawn.stream])
}
