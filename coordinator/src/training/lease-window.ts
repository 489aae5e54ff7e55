import { MAX_HELD_CHUNKS } from '@quorate/shared/lease/held'

/** A window moves on this often, */
export const MOVE_EVERY_MS = 60_000
/** by as many chunks as a contributor can well download in that time, at most half of all. */
const MOVE_BYTES = 8 * 1024 * 1024

/** A chunk of a lease, as the window sees it. */
export interface WindowChunk {
  readonly digest: string
  readonly sizeBytes: number
}

/**
 * The part of a lease that is held at a time. A lease of more chunks than a contributor holds is
 * gone through in turn, round and round, so that every record gets drawn; the shards take turns
 * chunk by chunk, so that as many of them as can be are in the window.
 */
export class LeaseWindow {
  readonly #chunks: readonly WindowChunk[]
  #first: number
  #movedAtMs: number
  #digests: ReadonlySet<string>

  /** `shards`: the leased chunks of each; `before`: where the window stood. */
  constructor(
    shards: readonly (readonly WindowChunk[])[],
    { first, nowMs }: { first: number; nowMs: number },
  ) {
    this.#chunks = interleave(shards)
    this.#first = this.#chunks.length > MAX_HELD_CHUNKS ? first % this.#chunks.length : 0
    this.#movedAtMs = nowMs
    this.#digests = this.#within()
  }

  /** What is held now. */
  get digests(): ReadonlySet<string> {
    return this.#digests
  }

  get first(): number {
    return this.#first
  }

  /** Moves on where it is time to; true where it has. */
  move(nowMs: number): boolean {
    if (this.#chunks.length <= MAX_HELD_CHUNKS) return false
    if (nowMs - this.#movedAtMs < MOVE_EVERY_MS) return false
    this.#first = (this.#first + this.#step()) % this.#chunks.length
    this.#movedAtMs = nowMs
    this.#digests = this.#within()
    return true
  }

  #step(): number {
    let sizeBytes = 0
    for (let step = 0; step < MAX_HELD_CHUNKS / 2; step++) {
      sizeBytes += this.#at(MAX_HELD_CHUNKS + step).sizeBytes
      if (sizeBytes > MOVE_BYTES) return Math.max(1, step)
    }
    return MAX_HELD_CHUNKS / 2
  }

  #at(place: number): WindowChunk {
    return this.#chunks[(this.#first + place) % this.#chunks.length] as WindowChunk
  }

  #within(): ReadonlySet<string> {
    const length = Math.min(MAX_HELD_CHUNKS, this.#chunks.length)
    return new Set(Array.from({ length }, (_, place) => this.#at(place).digest))
  }
}

/** First of each list, second of each list, … */
function interleave<T>(lists: readonly (readonly T[])[]): T[] {
  const all: T[] = []
  let open = lists
  for (let at = 0; open.length > 0; at++) {
    open = open.filter((list) => at < list.length)
    for (const list of open) all.push(list[at] as T)
  }
  return all
}
