import type { Tile } from '../kernels/tile.ts'
import { tile, tilesOf } from '../kernels/tile.ts'
import { philox } from './philox.ts'

/**
 * What chance is used for. Each use has its own key, so that no two draws of a run share words.
 * The numbers are part of the protocol: a browser and the coordinator must agree on them.
 */
export const DOMAINS = {
  /** A contributor's sign of an exact zero. */
  zeroSign: 1,
  /** The coordinator's toss for a tied tally. */
  tie: 2,
  /** ssdm's stochastic signs. */
  stochasticSign: 3,
  /** Sequential generators: batches, shuffles, initial parameters (`generator.ts`). */
  sequence: 4,
  /** The noise that noisy-signsgd and z-sign-fedavg add before signing. */
  noise: 5,
} as const
export type Domain = (typeof DOMAINS)[keyof typeof DOMAINS]

/**
 * Where in a run a stream of chance lies; all u32. Coordinate i of a stream is in the Philox
 * block of counter (i / size, round, contributor, 0) and key (seed, domain).
 */
export interface StreamPlace {
  readonly seed: number
  readonly domain: Domain
  readonly round: number
  /** Contributor number; 0 in streams of the coordinator. */
  readonly contributor: number
}

/** Fair coins of a stream, 32 in a word: coordinate i is bit i % 32 of word ⌊i / 32⌋. */
export interface CoinWords {
  readonly place: StreamPlace
  readonly wordAt: (word: number) => number
}

/**
 * Fills `out` with the uniforms on [0, 1) of the coordinates from `firstCoordinate` on: the upper
 * 24 bits of one word each, exact in float32, so that they are the same on every machine.
 * Coordinate i is word i % 4 of block ⌊i / 4⌋.
 */
export function uniforms(
  out: Float32Array | Float64Array,
  place: StreamPlace,
  firstCoordinate = 0,
): void {
  const words = new Uint32Array(4)
  const end = firstCoordinate + out.length
  for (let block = Math.floor(firstCoordinate / 4); 4 * block < end; block++) {
    blockOf(place, block, words)
    const from = 4 * block
    for (let lane = Math.max(0, firstCoordinate - from); lane < Math.min(4, end - from); lane++) {
      out[from + lane - firstCoordinate] = ((words[lane] ?? 0) >>> 8) * 2 ** -24
    }
  }
}

/**
 * Fills `out` with the words of the blocks from `firstBlock` on, four of a block after another.
 * Its length is a multiple of four.
 */
export function streamWords(out: Uint32Array, place: StreamPlace, firstBlock: number): void {
  const scratch = tile()
  if (scratch === null) {
    for (let at = 0; at < out.length; at += 4) blockOf(place, firstBlock + at / 4, out, at)
    return
  }
  chooseStream(scratch, place)
  for (const { start, end } of tilesOf(scratch, 0, out.length)) {
    scratch.kernels.philoxFill(firstBlock + start / 4, (end - start) / 4)
    out.set(scratch.chance.subarray(0, end - start), start)
  }
}

/** Has the kernels draw from the stream at `place`. */
export function chooseStream({ kernels }: Tile, place: StreamPlace): void {
  kernels.philoxStream(place.round, place.contributor, place.seed, place.domain)
}

/** Coordinates whose words are drawn at a time. */
const GAUSSIANS_AT_ONCE = 2048

/**
 * Fills `out` with N(0, 1) for the coordinates from 0 on. Coordinates 2j and 2j + 1 are the pair
 * that words 2j % 4 and 2j % 4 + 1 of block ⌊j / 2⌋ give. Engines may differ in the last bits.
 *
 * Source: Box & Muller 1958.
 */
export function gaussians(out: Float32Array | Float64Array, place: StreamPlace): void {
  const words = new Uint32Array(Math.min(GAUSSIANS_AT_ONCE, 4 * Math.ceil(out.length / 4)))
  for (let i = 0; i < out.length; i += 2) {
    const at = i % GAUSSIANS_AT_ONCE
    if (at === 0) streamWords(words, place, i / 4)
    const first = ((words[at] ?? 0) + 1) * 2 ** -32
    const angle = 2 * Math.PI * (words[at + 1] ?? 0) * 2 ** -32
    const radius = Math.sqrt(-2 * Math.log(first))
    out[i] = radius * Math.cos(angle)
    if (i + 1 < out.length) out[i + 1] = radius * Math.sin(angle)
  }
}

/** The coins of a stream; remembers one Philox block, which holds 128 of them. */
export function coinWords(place: StreamPlace): CoinWords {
  const words = new Uint32Array(4)
  let known = -1
  return {
    place,
    wordAt(word) {
      const block = word >>> 2
      if (block !== known) {
        blockOf(place, block, words)
        known = block
      }
      return words[word & 3] ?? 0
    },
  }
}

/** The coins for zeros among a contributor's values, or, with null, for tied tallies. */
export function roundCoins(seed: number, round: number, contributor: number | null): CoinWords {
  return coinWords(
    contributor === null
      ? { seed, domain: DOMAINS.tie, round, contributor: 0 }
      : { seed, domain: DOMAINS.zeroSign, round, contributor },
  )
}

/**
 * One coin of `roundCoins`: true is +1.
 * METHODS.md: sign(0) at (run seed, round, contributor, coordinate), a tie at (seed, round, coordinate).
 *
 * @public the plain reference
 */
export function coinAt(
  seed: number,
  round: number,
  contributor: number | null,
  coordinate: number,
): boolean {
  const word = roundCoins(seed, round, contributor).wordAt(coordinate >>> 5)
  return ((word >>> (coordinate & 31)) & 1) === 1
}

function blockOf(place: StreamPlace, block: number, out: Uint32Array, at = 0): void {
  philox([block, place.round, place.contributor, 0], [place.seed, place.domain], out, at)
}
