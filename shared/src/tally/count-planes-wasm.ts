import type { KernelExports } from '../kernels/kernels.ts'
import type { Addend, BitPlane, CountShape } from './addend.ts'
import { WEIGHT_BITS, planesFor } from './addend.ts'

/** Whether the kernels take blocks of this size: a power of two of whole half registers. */
export function wasmTakesBlock(kernels: KernelExports, block: number): boolean {
  return block >= 64 && block <= 8 * kernels.TALLY_TILE && (block & (block - 1)) === 0
}

/**
 * `countPlanes` by the kernels of shared/kernels/tally.ts: tile by tile, sixteen or eight addends
 * at a time, each copied in once.
 */
export function countPlanesInWasm(
  kernels: KernelExports,
  addends: readonly Addend[],
  shape: CountShape,
): BitPlane[] {
  const counts = Array.from({ length: shape.planes }, () => new Uint32Array(shape.words))
  const weighted = addends.filter(({ weights }) => weights !== null)
  const plain = addends.filter(({ weights }) => weights === null)
  const deepest = Math.max(0, ...plain.map(({ planes }) => planes.length))
  /** What is added at plane k with weight 1. */
  const entrants = Array.from({ length: Math.min(deepest, shape.planes) }, (_, k) =>
    plain.flatMap(({ planes }) => planes[k] ?? []),
  )
  const tile = new Tile(kernels, shape)
  const tileWords = kernels.TALLY_TILE / 4
  for (let start = 0; start < shape.words; start += tileWords) {
    tile.begin(start, Math.min(shape.words, start + tileWords))
    entrants.forEach((bits, plane) => tile.addPlain(bits, plane))
    tile.addWeighted(weighted)
    tile.copyOut(counts)
  }
  return counts
}

/** One tile of the slice, from its first word to its last, in the memory of the kernels. */
class Tile {
  readonly #kernels: KernelExports
  readonly #shape: CountShape
  readonly #words: Uint32Array
  readonly #bytes: Uint8Array
  readonly #slots: number
  /** Words from slot to slot. */
  readonly #stride: number
  #start = 0
  #end = 0
  /** No count of the tile is greater. */
  #greatest = 0

  constructor(kernels: KernelExports, shape: CountShape) {
    this.#kernels = kernels
    this.#shape = shape
    this.#words = new Uint32Array(kernels.memory.buffer)
    this.#bytes = new Uint8Array(kernels.memory.buffer)
    this.#slots = kernels.TALLY_SLOTS
    this.#stride = kernels.TALLY_STRIDE / 4
  }

  begin(start: number, end: number): void {
    this.#start = start
    this.#end = end
    this.#greatest = 0
    // A fold touches three planes above its own, whether the counts reach so far or not.
    const planes = Math.min(this.#shape.planes + 3, this.#kernels.TALLY_PLANES)
    for (let k = 0; k < planes; k++) {
      const from = this.#kernels.TALLY_COUNTS / 4 + k * this.#stride
      this.#words.fill(0, from, from + this.#byteCount() / 4)
    }
  }

  addPlain(bits: readonly BitPlane[], plane: number): void {
    const { tallyFold8, tallyFold16 } = this.#kernels
    for (let first = 0; first < bits.length; first += this.#slots) {
      const few = bits.length - first <= this.#slots / 2
      const slots = few ? this.#slots / 2 : this.#slots
      for (let slot = 0; slot < slots; slot++) this.#copyIn(bits[first + slot], slot)
      this.#greatest += slots * 2 ** plane
      const fold = few ? tallyFold8 : tallyFold16
      fold(this.#byteCount(), plane, this.#planesReached())
    }
  }

  addWeighted(ballots: readonly Addend[]): void {
    const shift = Math.log2(this.#shape.block / 8)
    for (let first = 0; first < ballots.length; first += this.#slots) {
      for (let slot = 0; slot < this.#slots; slot++) {
        const ballot = ballots[first + slot]
        this.#copyIn(ballot?.planes[0], slot)
        this.#copyWeights(ballot?.weights, slot)
      }
      this.#greatest += this.#slots * (2 ** WEIGHT_BITS - 1)
      this.#kernels.tallyFoldWeighted(this.#byteCount(), this.#planesReached(), shift)
    }
  }

  copyOut(counts: readonly BitPlane[]): void {
    counts.forEach((plane, k) => {
      const from = this.#kernels.TALLY_COUNTS / 4 + k * this.#stride
      plane.set(this.#words.subarray(from, from + this.#end - this.#start), this.#start)
    })
  }

  /** Nothing is carried beyond these. */
  #planesReached(): number {
    return Math.min(this.#shape.planes, planesFor(this.#greatest))
  }

  /** Bytes of the tile that are in use, up to a whole register. */
  #byteCount(): number {
    return Math.ceil((this.#end - this.#start) / 4) * 16
  }

  /** The tile's part of a vote into a slot; zeros if there is none. */
  #copyIn(vote: BitPlane | undefined, slot: number): void {
    const to = this.#kernels.TALLY_VOTES / 4 + slot * this.#stride
    if (vote) this.#words.set(vote.subarray(this.#start, this.#end), to)
    else this.#words.fill(0, to, to + this.#end - this.#start)
  }

  /** A slot without a vote has only zeros to weigh. */
  #copyWeights(weights: Uint8Array | null | undefined, slot: number): void {
    if (!weights) return
    const { block } = this.#shape
    const row = weights.subarray((this.#start * 32) / block, Math.ceil((this.#end * 32) / block))
    this.#bytes.set(row, this.#kernels.TALLY_WEIGHTS + slot * this.#kernels.TALLY_BLOCKS)
  }
}
