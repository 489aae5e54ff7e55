import type { Tile } from '../kernels/tile.ts'
import { tile, tilesOf } from '../kernels/tile.ts'
import type { FloatVector, SignWords } from '../methods/method.ts'
import type { StreamPlace } from '../random/streams.ts'
import { chooseStream, uniforms } from '../random/streams.ts'
import type { ZeroRule } from './pack.ts'
import { packSignsInWords, signWordCount } from './pack.ts'
import { copySigns, settleZeros, wordsOf } from './tile-signs.ts'

/** Of coordinates `start` to `end`: P(s_i = +1) = clip(½ + factor·x_i / divisor, 0, 1). */
export interface Odds {
  readonly start: number
  readonly end: number
  readonly factor: number
  /** Not 0. */
  readonly divisor: number
}

/**
 * Stochastic signs: s_i = +1 where u_i < P(s_i = +1), u being the uniforms at `place`. `odds`
 * cover the vector without overlap.
 */
export function drawSigns(
  values: FloatVector,
  odds: readonly Odds[],
  place: StreamPlace,
): SignWords {
  const scratch = values instanceof Float32Array ? tile() : null
  if (scratch === null) return drawSignsPlain(values, odds, place)
  const words = new Uint32Array(signWordCount(values.length))
  chooseStream(scratch, place)
  for (const { factor, divisor, ...part } of odds) {
    for (const piece of tilesOf(scratch, part.start, part.end)) {
      copyIn(scratch, scratch.x, { values, piece })
      scratch.kernels.signDrawn(wordsOf(piece), factor, divisor)
      copySigns(scratch, words, piece)
    }
  }
  return words
}

/** The plain reference of `drawSigns`, and its twin where there are no kernels. */
export function drawSignsPlain(
  values: FloatVector,
  odds: readonly Odds[],
  place: StreamPlace,
): SignWords {
  const chance = new Float64Array(values.length)
  uniforms(chance, place)
  return signsBelow(chance, probabilities(values, odds))
}

/** P(s_i = +1), [d]. */
export function probabilities(values: FloatVector, odds: readonly Odds[]): Float64Array {
  const p = new Float64Array(values.length)
  for (const { start, end, factor, divisor } of odds) {
    for (let i = start; i < end; i++) {
      p[i] = Math.max(0, Math.min(1, 0.5 + (factor * (values[i] ?? 0)) / divisor))
    }
  }
  return p
}

/** s_i = +1 where u_i < p_i. */
export function signsBelow(chance: Float64Array, p: Float64Array): SignWords {
  const words = new Uint32Array(signWordCount(p.length))
  for (let i = 0; i < p.length; i++) {
    const plus = Number((chance[i] ?? 1) < (p[i] ?? 0))
    words[i >>> 5] = (words[i >>> 5] ?? 0) | (plus << i)
  }
  return words
}

/** Noise uniform on [−σ, σ) from the stream at `place`, and the rule for what comes to 0. */
export interface UniformNoise {
  readonly sigma: number
  readonly place: StreamPlace
  readonly zero: ZeroRule
}

/** Signs of x_i + σ(2u_i − 1). */
export function noisedSigns(values: FloatVector, noise: UniformNoise): SignWords {
  const { sigma, place, zero } = noise
  const scratch = values instanceof Float32Array ? tile() : null
  if (scratch === null || typeof zero === 'function') return noisedSignsPlain(values, noise)
  const words = new Uint32Array(signWordCount(values.length))
  for (const piece of tilesOf(scratch, 0, values.length)) {
    chooseStream(scratch, place) // the coins for zeros have a stream of their own
    copyIn(scratch, scratch.y, { values, piece })
    scratch.kernels.signNoise(wordsOf(piece), sigma)
    if (scratch.kernels.signFloat64(wordsOf(piece)) !== 0) settleZeros(scratch, zero, piece)
    copySigns(scratch, words, piece)
  }
  return words
}

/** The plain reference of `noisedSigns`, and its twin where there are no kernels. */
export function noisedSignsPlain(
  values: FloatVector,
  { sigma, place, zero }: UniformNoise,
): SignWords {
  const noised = new Float64Array(values.length)
  uniforms(noised, place)
  for (let i = 0; i < noised.length; i++) {
    noised[i] = (values[i] ?? 0) + sigma * (2 * (noised[i] ?? 0) - 1)
  }
  const words = new Uint32Array(signWordCount(values.length))
  packSignsInWords(words, 0, { values: noised, zero })
  return words
}

/** Copies a piece of `values` to `to`, a part of the tile, and draws the words of its coordinates. */
function copyIn(
  { kernels }: Tile,
  to: Float32Array,
  part: {
    readonly values: FloatVector
    readonly piece: { readonly start: number; readonly end: number }
  },
): void {
  const { start, end } = part.piece
  kernels.philoxFill((start - (start % 32)) / 4, 8 * wordsOf(part.piece))
  to.set(part.values.subarray(start, end), start % 32)
}
