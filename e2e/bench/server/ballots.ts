import { encodeBallot } from '@quorate/shared/wire/ballot'
import { encodeFrame } from '@quorate/shared/wire/frame'
import { someBallots } from '../counting/votes.ts'

/** Different ballots; one in two is the opposite of the one before. */
const PATTERNS = 16

/**
 * What a crowd casts: voter n the pattern n mod 16. A pattern and its opposite cancel out, so that
 * no coordinate's sum is far from zero and a single vote that is lost or counted twice shows.
 */
export class Ballots {
  readonly #d: number
  readonly #patterns: readonly Uint32Array[]
  readonly #payloads: readonly Uint8Array[]
  #framed: { attempt: number; frames: readonly Uint8Array[] } = { attempt: -1, frames: [] }

  constructor(d: number, block: number) {
    this.#d = d
    const drawn = someBallots(PATTERNS / 2, d, null)
    this.#patterns = drawn.flatMap(({ signs }) => [signs, signs.map((word) => ~word)])
    const slice = { index: 0, start: 0, end: d }
    this.#payloads = this.#patterns.map((signs, contributor) =>
      encodeBallot({ contributor, signs, weights: null }, slice, block),
    )
  }

  /** Bytes of a ballot's frame. */
  get sizeBytes(): number {
    return 36 + (this.#payloads[0]?.length ?? 0)
  }

  /** The frame that voter `n` sends. */
  frame(n: number, at: { run: number; round: number; attempt: number }): Uint8Array {
    if (this.#framed.attempt !== at.attempt) {
      const header = { kind: 'ballot', ...at, slice: 0 } as const
      const frames = this.#payloads.map((payload) => encodeFrame(header, payload))
      this.#framed = { attempt: at.attempt, frames }
    }
    return this.#framed.frames[n % PATTERNS] as Uint8Array
  }

  /** sums[i] of the ballots of voters 0..voters−1, bit by bit. */
  sums(voters: number): Int32Array {
    const sums = new Int32Array(this.#d)
    this.#patterns.forEach((signs, pattern) => {
      const times = Math.ceil((voters - pattern) / PATTERNS)
      for (let i = 0; i < sums.length; i++) {
        const bit = ((signs[i >>> 5] as number) >>> (i & 31)) & 1
        sums[i] = (sums[i] as number) + times * (2 * bit - 1)
      }
    })
    return sums
  }
}
