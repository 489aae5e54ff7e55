import type { SignWords } from '../methods/method.ts'
import type { SliceBallot } from './slice-ballot.ts'

/** Plane k of a block holds bit k of the counts; 2²⁴ is more than 10,000 voters of weight 15. */
const MAX_PLANES = 24
/** Bits in the largest weight. */
const WEIGHT_BITS = 4

/**
 * Writes Σ w·s of every coordinate of one slice to `sums`, 32 coordinates at a time: for every
 * word, the votes for +1 are counted in bit planes by carry-save adders (a weight's bit k enters
 * at plane k), and only the finished counts are spread into integers.
 * sums = 2·(weight for +1) − (all weight).
 *
 * `block` must be a multiple of 32. Bits beyond the slice's end are ignored.
 *
 * Source: Harley & Seal's counter, in Warren, Hacker's Delight, 2nd ed., section 5-1.
 */
export function addBitSliced(
  sums: Int32Array,
  block: number,
  ballots: readonly SliceBallot[],
): void {
  if (block % 32 !== 0) throw new RangeError(`blocks of ${block} do not begin at words`)
  const adder = new Adder(ballots.length)
  for (let start = 0; start < sums.length; start += block) {
    const end = Math.min(sums.length, start + block)
    const total = adder.enter(ballots, start / block)
    for (let i = start; i < end; i += 32) {
      const planes = adder.add(i >>> 5)
      spread(adder.planes.subarray(0, planes), sums.subarray(i, Math.min(end, i + 32)), total)
    }
  }
}

/** Counts, bit by bit of a word, how many of the entered votes are set. */
class Adder {
  readonly planes = new Int32Array(MAX_PLANES)
  /** Sign words whose owners' weight has bit k. */
  readonly #entrants: SignWords[][] = Array.from({ length: WEIGHT_BITS }, () => [])
  readonly #addends: Int32Array

  constructor(voters: number) {
    this.#addends = new Int32Array(2 * voters + 2)
  }

  /** Sets up the voters of block `b`; returns the sum of their weights. */
  enter(ballots: readonly SliceBallot[], b: number): number {
    for (const list of this.#entrants) list.length = 0
    let total = 0
    for (const { signs, weights } of ballots) {
      const weight = weights ? (weights[b] ?? 0) : 1
      total += weight
      for (let bit = 0; bit < WEIGHT_BITS; bit++) {
        if ((weight >>> bit) & 1) this.#entrants[bit]?.push(signs)
      }
    }
    return total
  }

  /**
   * Writes the planes of word `word`; returns how many there are. A level takes its addends two
   * at a time; each pair leaves one carry, an addend of the next level, in a slot already read.
   */
  add(word: number): number {
    const addends = this.#addends
    let carries = 0
    let level = 0
    for (; level < WEIGHT_BITS || carries > 0; level++) {
      const entrants = this.#entrants[level]
      let count = carries
      if (entrants) {
        for (let k = 0; k < entrants.length; k++) addends[count++] = entrants[k]?.[word] ?? 0
      }
      let sum = 0
      carries = 0
      for (let k = 0; k + 1 < count; k += 2) {
        const x = addends[k] ?? 0
        const y = addends[k + 1] ?? 0
        const either = sum ^ x
        addends[carries++] = (sum & x) | (either & y)
        sum = either ^ y
      }
      if (count & 1) {
        const x = addends[count - 1] ?? 0
        if (count > 1) addends[carries++] = sum & x
        sum ^= x
      }
      this.planes[level] = sum
    }
    return level
  }
}

/**
 * sums[i] ← 2·count_i − total, the counts being in `planes`. Four coordinates at a time: a
 * multiplication puts the four bits of a nibble at the bottom of four bytes, eight planes deep.
 */
function spread(planes: Int32Array, sums: Int32Array, total: number): void {
  for (let i = 0; i < sums.length; i++) sums[i] = -total
  for (let base = 0; base < planes.length; base += 8) {
    const end = Math.min(planes.length, base + 8)
    for (let i = 0; i < sums.length; i += 4) {
      let bytes = 0
      for (let plane = base; plane < end; plane++) {
        const nibble = ((planes[plane] ?? 0) >>> i) & 15
        bytes |= (Math.imul(nibble, 0x00204081) & 0x01010101) << (plane - base)
      }
      const scale = base + 1
      sums[i] = (sums[i] ?? 0) + ((bytes & 255) << scale)
      if (i + 1 < sums.length) sums[i + 1] = (sums[i + 1] ?? 0) + (((bytes >>> 8) & 255) << scale)
      if (i + 2 < sums.length) sums[i + 2] = (sums[i + 2] ?? 0) + (((bytes >>> 16) & 255) << scale)
      if (i + 3 < sums.length) sums[i + 3] = (sums[i + 3] ?? 0) + ((bytes >>> 24) << scale)
    }
  }
}
