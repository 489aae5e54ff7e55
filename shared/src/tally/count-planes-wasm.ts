import type { KernelExports } from '../kernels/kernels.ts'
import type { Addend, BitPlane, CountShape } from './addend.ts'
import { WEIGHT_BITS } from './addend.ts'

/** Whether the kernels take blocks of this size: a power of two of whole half registers. */
export function wasmTakesBlock(kernels: KernelExports, block: number): boolean {
  return block >= 64 && block <= 8 * kernels.TALLY_TILE.value && (block & (block - 1)) === 0
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
  const tileWords = kernels.TALLY_TILE.value / 4
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

  constructor(kernels: KernelExports, shape: CountShape) {
    this.#kernels = kernels
    this.#shape = shape
    this.#words = new Uint32Array(kernels.memory.buffer)
    this.#bytes = new Uint8Array(kernels.memory.buffer)
    this.#slots = kernels.TALLY_SLOTS.value
    this.#stride = kernels.TALLY_STRIDE.value / 4
  }

  begin(start: number, end: number): void {
    this.#start = start
    this.#end = end
    const planes = Math.min(this.#shape.planes + this.#slots / 4, this.#kernels.TALLY_PLANES.value)
    for (let k = 0; k < planes; k++) {
      const from = this.#kernels.TALLY_COUNTS.value / 4 + k * this.#stride
      this.#words.fill(0, from, from + end - start + 4)
    }
  }

  addPlain(bits: readonly BitPlane[], plane: number): void {
    for (let first = 0; first < bits.length; first += this.#slots) {
      const few = bits.length - first <= this.#slots / 2
      this.#copyIn(bits.slice(first, first + this.#slots), few ? this.#slots / 2 : this.#slots)
      this.#fold(this.#kernels.TALLY_VOTES.value, plane, few)
    }
  }

  addWeighted(ballots: readonly Addend[]): void {
    const shift = Math.log2(this.#shape.block / 8)
    for (let first = 0; first < ballots.length; first += this.#slots) {
      const some = ballots.slice(first, first + this.#slots)
      this.#copyIn(
        some.flatMap(({ planes }) => planes[0] ?? []),
        this.#slots,
      )
      this.#copyWeights(some)
      for (let bit = 0; bit < WEIGHT_BITS; bit++) {
        this.#kernels.tallyMask(this.#byteCount(), bit, shift)
        this.#fold(this.#kernels.TALLY_MASKED.value, bit, false)
      }
    }
  }

  copyOut(counts: readonly BitPlane[]): void {
    counts.forEach((plane, k) => {
      const from = this.#kernels.TALLY_COUNTS.value / 4 + k * this.#stride
      plane.set(this.#words.subarray(from, from + this.#end - this.#start), this.#start)
    })
  }

  #fold(votes: number, plane: number, few: boolean): void {
    const { tallyFold8, tallyFold16 } = this.#kernels
    const fold = few ? tallyFold8 : tallyFold16
    fold(votes, this.#byteCount(), plane, this.#shape.planes)
  }

  /** Bytes of the tile that are in use, up to a whole register. */
  #byteCount(): number {
    return Math.ceil((this.#end - this.#start) / 4) * 16
  }

  /** The tile's part of each vote into a slot; of `slots` slots the rest becomes 0. */
  #copyIn(votes: readonly BitPlane[], slots: number): void {
    for (let slot = 0; slot < slots; slot++) {
      const to = this.#kernels.TALLY_VOTES.value / 4 + slot * this.#stride
      const vote = votes[slot]
      if (vote) this.#words.set(vote.subarray(this.#start, this.#end), to)
      else this.#words.fill(0, to, to + this.#end - this.#start)
    }
  }

  /** Weights by block and slot; a slot that is not used has only zeros to weigh. */
  #copyWeights(ballots: readonly Addend[]): void {
    const { block } = this.#shape
    const first = (this.#start * 32) / block
    const blocks = Math.ceil(((this.#end - this.#start) * 32) / block)
    const weights = this.#kernels.TALLY_WEIGHTS.value
    ballots.forEach((ballot, slot) => {
      for (let b = 0; b < blocks; b++) {
        this.#bytes[weights + b * this.#slots + slot] = ballot.weights?.[first + b] ?? 0
      }
    })
  }
}
