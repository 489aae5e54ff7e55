/**
 * What signing and stepping are held against: the loops that one would write first, a coordinate
 * and a bit at a time.
 */
import { philox } from '@quorate/shared/random/philox'
import type { CoinWords, StreamPlace } from '@quorate/shared/random/streams'

/** The signs of x, its zeros by coin. */
export function signBits(x: Float32Array, coins: CoinWords): Uint32Array {
  const words = new Uint32Array(Math.ceil(x.length / 32))
  for (let i = 0; i < x.length; i++) {
    const value = x[i] as number
    const plus = value === 0 ? ((coins.wordAt(i >>> 5) >>> (i & 31)) & 1) === 1 : value > 0
    if (plus) words[i >>> 5] = (words[i >>> 5] as number) | (1 << (i & 31))
  }
  return words
}

/** Draws +1 where u < ½ + x/(2B): a block of Philox for four coordinates, nothing in between. */
export function drawBits(x: Float32Array, bound: number, place: StreamPlace): Uint32Array {
  const words = new Uint32Array(Math.ceil(x.length / 32))
  const chance = new Uint32Array(4)
  const { round, contributor, seed, domain } = place
  for (let i = 0; i < x.length; i++) {
    if (i % 4 === 0) philox([i / 4, round, contributor, 0], [seed, domain], chance)
    const u = ((chance[i & 3] as number) >>> 8) * 2 ** -24
    const p = 0.5 + (x[i] as number) / (2 * bound)
    if (u < p) words[i >>> 5] = (words[i >>> 5] as number) | (1 << (i & 31))
  }
  return words
}

/** x ← x − step·s in place; −0 and subnormal results become +0. */
export function stepBits(x: Float32Array, signs: Uint32Array, step: number): Float32Array {
  for (let i = 0; i < x.length; i++) {
    const sign = ((signs[i >>> 5] as number) >>> (i & 31)) & 1 ? 1 : -1
    const moved = Math.fround((x[i] as number) - sign * step)
    x[i] = Math.abs(moved) < 2 ** -126 ? 0 : moved
  }
  return x
}
