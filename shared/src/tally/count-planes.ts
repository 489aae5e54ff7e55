import { kernels } from '../kernels/kernels.ts'
import type { Addend, BitPlane, CountShape } from './addend.ts'
import { WEIGHT_BITS } from './addend.ts'
import { countPlanesInWasm, wasmTakesBlock } from './count-planes-wasm.ts'

/**
 * The sums of `addends` in bit planes, each owned by the caller: bit i of plane k is bit k of the
 * count of coordinate i. In WebAssembly where there is any.
 */
export function countPlanes(addends: readonly Addend[], shape: CountShape): BitPlane[] {
  const weighted = addends.some(({ weights }) => weights !== null)
  if (weighted && shape.block % 32 !== 0) {
    throw new RangeError(`blocks of ${shape.block} begin within words`)
  }
  const wasm = kernels()
  return wasm && (!weighted || wasmTakesBlock(wasm, shape.block))
    ? countPlanesInWasm(wasm, addends, shape)
    : countPlanesInWords(addends, shape)
}

/**
 * `countPlanes` in plain TypeScript: for every word, what has bit k is added at plane k by
 * carry-save adders.
 *
 * Source: Harley & Seal's counter, in Warren, Hacker's Delight, 2nd ed., section 5-1.
 */
export function countPlanesInWords(addends: readonly Addend[], shape: CountShape): BitPlane[] {
  const { words, block } = shape
  const counts = Array.from({ length: shape.planes }, () => new Uint32Array(words))
  const wordsOfBlock = block / 32
  const adder = new Adder(addends)
  const weighted = addends.some(({ weights }) => weights !== null)
  const stride = weighted ? wordsOfBlock : words
  for (let start = 0; start < words; start += stride) {
    adder.enter(start / wordsOfBlock)
    const end = Math.min(words, start + stride)
    for (let word = start; word < end; word++) adder.add(word, counts)
  }
  return counts
}

/** Counts, bit by bit of a word, what the addends sum up to. */
class Adder {
  readonly #addends: readonly Addend[]
  /** What is added at plane k. */
  readonly #entrants: BitPlane[][]
  readonly #bits: Int32Array

  constructor(addends: readonly Addend[]) {
    this.#addends = addends
    const deepest = Math.max(WEIGHT_BITS, ...addends.map(({ planes }) => planes.length))
    this.#entrants = Array.from({ length: deepest }, () => [])
    this.#bits = new Int32Array(2 * addends.length + 2)
  }

  /** Sets up the addends with their weights in block `b`. */
  enter(b: number): void {
    for (const list of this.#entrants) list.length = 0
    for (const { planes, weights } of this.#addends) {
      const weight = weights ? (weights[b] ?? 0) : 1
      planes.forEach((plane, p) => {
        for (let bit = 0; weight >>> bit !== 0; bit++) {
          if ((weight >>> bit) & 1) this.#entrants[p + bit]?.push(plane)
        }
      })
    }
  }

  /**
   * Writes word `word` of the counts. A plane takes its bits two at a time; each pair leaves one
   * carry, a bit of the next plane, in a place already read.
   */
  add(word: number, counts: readonly BitPlane[]): void {
    const bits = this.#bits
    let carries = 0
    for (let plane = 0; plane < counts.length; plane++) {
      const entrants = this.#entrants[plane]
      let count = carries
      if (entrants) {
        for (let k = 0; k < entrants.length; k++) bits[count++] = entrants[k]?.[word] ?? 0
      }
      let sum = 0
      carries = 0
      for (let k = 0; k + 1 < count; k += 2) {
        const x = bits[k] ?? 0
        const y = bits[k + 1] ?? 0
        const either = sum ^ x
        bits[carries++] = (sum & x) | (either & y)
        sum = either ^ y
      }
      if (count & 1) {
        const x = bits[count - 1] ?? 0
        if (count > 1) bits[carries++] = sum & x
        sum ^= x
      }
      const into = counts[plane]
      if (into) into[word] = sum
    }
  }
}
