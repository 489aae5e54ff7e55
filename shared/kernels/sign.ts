/**
 * Signs of a tile's values, 32 in a word: TILE_PLUS gets those that are +1 and TILE_ZERO those of
 * exact zeros, −0 included, which are left to a rule. The arithmetic is that of the plain
 * TypeScript, operation by operation, in float64 wherever that has numbers.
 */
import { TILE_CHANCE, TILE_PLUS, TILE_X, TILE_Y, TILE_ZERO } from './tile'

/** Signs of the float32 in TILE_X, of which there are 32 · `words`; whether there is a zero. */
export function signFloat32(words: i32): bool {
  return sign<f32>(words)
}

/** The same of float64. */
export function signFloat64(words: i32): bool {
  return sign<f64>(words)
}

/** The same of integers. */
export function signInt32(words: i32): bool {
  return sign<i32>(words)
}

function sign<T>(words: i32): bool {
  let zeros: i32 = 0
  const end = <usize>(words * 4)
  for (let at: usize = 0; at < end; at += 2) {
    const x = TILE_X + at * 8 * sizeof<T>()
    const step: usize = 4 * sizeof<T>()
    const plus = bits(
      positive<T>(x),
      positive<T>(x + step),
      positive<T>(x + 2 * step),
      positive<T>(x + 3 * step),
    )
    const zero = bits(
      vanishing<T>(x),
      vanishing<T>(x + step),
      vanishing<T>(x + 2 * step),
      vanishing<T>(x + 3 * step),
    )
    store<u16>(TILE_PLUS + at, <u16>plus)
    store<u16>(TILE_ZERO + at, <u16>zero)
    zeros |= zero
  }
  return zeros !== 0
}

/** Which of the four values at `x` are > 0: all ones in a lane of 32 bits. */
function positive<T>(x: usize): v128 {
  const zero = i32x4.splat(0)
  const first = v128.gt<T>(v128.load(x), zero)
  return sizeof<T>() == 8 ? pair(first, v128.gt<T>(v128.load(x, 16), zero)) : first
}

/** Which of them are 0. */
function vanishing<T>(x: usize): v128 {
  const zero = i32x4.splat(0)
  const first = v128.eq<T>(v128.load(x), zero)
  return sizeof<T>() == 8 ? pair(first, v128.eq<T>(v128.load(x, 16), zero)) : first
}

/** Two masks of two lanes as one of four. */
function pair(low: v128, high: v128): v128 {
  return i32x4.shuffle(low, high, 0, 2, 4, 6)
}

/** A bit for each of sixteen lanes. */
function bits(a: v128, b: v128, c: v128, d: v128): i32 {
  const ab = i16x8.narrow_i32x4_s(a, b)
  const cd = i16x8.narrow_i32x4_s(c, d)
  return i8x16.bitmask(i8x16.narrow_i16x8_s(ab, cd))
}

/**
 * Stochastic signs of the float32 in TILE_X: +1 where u < ½ + factor·x / divisor, u being the
 * upper 24 bits of the coordinate's word in TILE_CHANCE, on [0, 1).
 */
export function signDrawn(words: i32, factor: f64, divisor: f64): void {
  const factors = f64x2.splat(factor)
  const divisors = f64x2.splat(divisor)
  const end = <usize>(words * 4)
  for (let at: usize = 0; at < end; at += 2) {
    const place = at * 32
    const plus = bits(
      drawn(place, factors, divisors),
      drawn(place + 16, factors, divisors),
      drawn(place + 32, factors, divisors),
      drawn(place + 48, factors, divisors),
    )
    store<u16>(TILE_PLUS + at, <u16>plus)
  }
}

/** Which of four coordinates are drawn +1. */
function drawn(place: usize, factors: v128, divisors: v128): v128 {
  const x = v128.load(TILE_X + place)
  const u = i32x4.shr_u(v128.load(TILE_CHANCE + place), 8)
  return pair(less(u, x, factors, divisors), less(upper(u), upper(x), factors, divisors))
}

function less(u: v128, x: v128, factors: v128, divisors: v128): v128 {
  const quotient = f64x2.div(f64x2.mul(factors, f64x2.promote_low_f32x4(x)), divisors)
  return f64x2.lt(uniform(u), f64x2.add(f64x2.splat(0.5), quotient))
}

/** The lower two of four integers below 2²⁴, as they are on [0, 1). */
function uniform(u: v128): v128 {
  return f64x2.mul(f64x2.convert_low_i32x4_u(u), f64x2.splat(1.0 / 16777216))
}

/** The upper two of four lanes as the lower two. */
function upper(x: v128): v128 {
  return i64x2.shuffle(x, x, 1, 1)
}

/** TILE_X ← the float32 in TILE_Y + sigma·(2u − 1), float64 of 32 · `words` coordinates. */
export function signNoise(words: i32, sigma: f64): void {
  const sigmas = f64x2.splat(sigma)
  const end = <usize>(words * 128)
  for (let at: usize = 0; at < end; at += 16) {
    const y = v128.load(TILE_Y + at)
    const u = i32x4.shr_u(v128.load(TILE_CHANCE + at), 8)
    v128.store(TILE_X + 2 * at, noised(y, u, sigmas))
    v128.store(TILE_X + 2 * at, noised(upper(y), upper(u), sigmas), 16)
  }
}

function noised(y: v128, u: v128, sigmas: v128): v128 {
  const xi = f64x2.sub(f64x2.mul(f64x2.splat(2), uniform(u)), f64x2.splat(1))
  return f64x2.add(f64x2.promote_low_f32x4(y), f64x2.mul(sigmas, xi))
}
