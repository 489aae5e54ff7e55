/**
 * What a contributor and a replica do to float32 vectors, a tile at a time. Arithmetic is float64
 * and rounded once on storing, as in the plain TypeScript; a step is float32 alone.
 */
import { TILE_BLOCK_A, TILE_BLOCK_B, TILE_PLUS, TILE_X, TILE_Y } from './tile'

/** TILE_X ← a·TILE_X + b·TILE_Y, `values` of them up to a multiple of four. */
export function vectorCombine(values: i32, a: f64, b: f64): void {
  const as = f64x2.splat(a)
  const bs = f64x2.splat(b)
  const end = <usize>(values * 4)
  for (let at: usize = 0; at < end; at += 16) {
    const x = v128.load(TILE_X + at)
    const y = v128.load(TILE_Y + at)
    const low = f32x4.demote_f64x2_zero(combined(x, y, as, bs))
    const high = f32x4.demote_f64x2_zero(combined(upper(x), upper(y), as, bs))
    v128.store(TILE_X + at, i64x2.shuffle(low, high, 0, 2))
  }
}

function combined(x: v128, y: v128, as: v128, bs: v128): v128 {
  const ax = f64x2.mul(as, f64x2.promote_low_f32x4(x))
  return f64x2.add(ax, f64x2.mul(bs, f64x2.promote_low_f32x4(y)))
}

/** The upper two of four lanes as the lower two. */
function upper(x: v128): v128 {
  return i64x2.shuffle(x, x, 1, 1)
}

/**
 * TILE_BLOCK_A[b] ← Σ |x| of block b, in the order of the coordinates; eight blocks at a time, so
 * that no sum waits for itself. `block`: coordinates of one, a multiple of four.
 */
export function vectorSizes(blocks: i32, block: i32): void {
  const stride = <usize>(block * 4)
  for (let b = 0; b < blocks; b += 8) {
    let sums01 = f64x2.splat(0)
    let sums23 = f64x2.splat(0)
    let sums45 = f64x2.splat(0)
    let sums67 = f64x2.splat(0)
    const start = TILE_X + <usize>b * stride
    for (let x = start; x < start + stride; x += 16) {
      sums01 = addSizes(sums01, x, stride)
      sums23 = addSizes(sums23, x + 2 * stride, stride)
      sums45 = addSizes(sums45, x + 4 * stride, stride)
      sums67 = addSizes(sums67, x + 6 * stride, stride)
    }
    const out = TILE_BLOCK_A + <usize>(b * 8)
    v128.store(out, sums01)
    v128.store(out, sums23, 16)
    v128.store(out, sums45, 32)
    v128.store(out, sums67, 48)
  }
}

/** Adds four sizes of two blocks, one after the other, to the sums in the two lanes. */
function addSizes(sums: v128, x: usize, stride: usize): v128 {
  const first = f32x4.abs(v128.load(x))
  const second = f32x4.abs(v128.load(x + stride))
  const low = i32x4.shuffle(first, second, 0, 4, 1, 5)
  const high = i32x4.shuffle(first, second, 2, 6, 3, 7)
  sums = f64x2.add(sums, f64x2.promote_low_f32x4(low))
  sums = f64x2.add(sums, f64x2.promote_low_f32x4(upper(low)))
  sums = f64x2.add(sums, f64x2.promote_low_f32x4(high))
  return f64x2.add(sums, f64x2.promote_low_f32x4(upper(high)))
}

/**
 * TILE_X ← x − s·TILE_BLOCK_A[b], no further from 0 than TILE_BLOCK_B[b]; s is the sign in
 * TILE_PLUS. `block`: coordinates of one, a multiple of 32.
 */
export function vectorOwe(blocks: i32, block: i32): void {
  const none = i32x4.splat(0)
  const size = <usize>block
  for (let b: usize = 0; b < <usize>blocks; b++) {
    const sent = v128.load64_splat(TILE_BLOCK_A + b * 8)
    const most = v128.load64_splat(TILE_BLOCK_B + b * 8)
    for (let i = b * size; i < (b + 1) * size; i += 32) {
      const signs = v128.load32_splat(TILE_PLUS + (i >> 3))
      let bit = i32x4(1, 2, 4, 8)
      for (let x = TILE_X + i * 4; x < TILE_X + i * 4 + 128; x += 16) {
        const four = v128.load(x)
        const minus = minusSigns(signs, bit)
        const low = owed(four, v128.xor(sent, i32x4.shuffle(none, minus, 0, 4, 1, 5)), most)
        const high = owed(upper(four), v128.xor(sent, i32x4.shuffle(none, minus, 2, 6, 3, 7)), most)
        v128.store(x, i64x2.shuffle(low, high, 0, 2))
        bit = i32x4.shl(bit, 4)
      }
    }
  }
}

/** The lower two of `x`, less what was sent of them, within ±most; as float32. */
function owed(x: v128, sent: v128, most: v128): v128 {
  const rest = f64x2.sub(f64x2.promote_low_f32x4(x), sent)
  return f32x4.demote_f64x2_zero(f64x2.pmax(f64x2.pmin(rest, most), f64x2.neg(most)))
}

/** The sign bit of float32 in lanes whose `bit` is not set in `signs`. */
function minusSigns(signs: v128, bit: v128): v128 {
  return v128.andnot(i32x4.splat(0x80000000), i32x4.eq(v128.and(signs, bit), bit))
}

/**
 * TILE_X ← x − s·step, s being the sign in TILE_PLUS, of 32 · `words` coordinates; −0 and what is
 * below 2⁻¹²⁶ in size become +0.
 */
export function vectorStep(words: i32, step: f32): void {
  const steps = f32x4.splat(step)
  const smallest = f32x4.splat(reinterpret<f32>(0x00800000))
  for (let w = 0; w < words; w++) {
    const signs = v128.load32_splat(TILE_PLUS + <usize>(w * 4))
    let bit = i32x4(1, 2, 4, 8)
    const from = TILE_X + <usize>(w * 128)
    for (let x = from; x < from + 128; x += 16) {
      const moved = f32x4.sub(v128.load(x), v128.xor(steps, minusSigns(signs, bit)))
      v128.store(x, v128.andnot(moved, f32x4.lt(f32x4.abs(moved), smallest)))
      bit = i32x4.shl(bit, 4)
    }
  }
}

/** Whether none of the `values` float32 in TILE_X, a multiple of four, is NaN or ±Inf. */
export function vectorFinite(values: i32): bool {
  const infinity = f32x4.splat(f32.POSITIVE_INFINITY)
  let finite = i32x4.splat(-1)
  const end = TILE_X + <usize>(values * 4)
  for (let x = TILE_X; x < end; x += 16) {
    finite = v128.and(finite, f32x4.lt(f32x4.abs(v128.load(x)), infinity))
  }
  return i32x4.all_true(finite)
}

/** The largest size among the `values` finite float32 in TILE_X, a multiple of four. */
export function vectorLargest(values: i32): f32 {
  let largest = f32x4.splat(0)
  const end = TILE_X + <usize>(values * 4)
  for (let x = TILE_X; x < end; x += 16) {
    largest = f32x4.pmax(largest, f32x4.abs(v128.load(x)))
  }
  const low = max(f32x4.extract_lane(largest, 0), f32x4.extract_lane(largest, 1))
  const high = max(f32x4.extract_lane(largest, 2), f32x4.extract_lane(largest, 3))
  return max(low, high)
}

/**
 * `sum` + Σ (x / scale)² over the `values` float32 in TILE_X, a multiple of four, added one after
 * the other.
 */
export function vectorSquares(values: i32, scale: f64, sum: f64): f64 {
  const scales = f64x2.splat(scale)
  const end = TILE_X + <usize>(values * 4)
  for (let at = TILE_X; at < end; at += 16) {
    const x = v128.load(at)
    const low = f64x2.div(f64x2.promote_low_f32x4(x), scales)
    const high = f64x2.div(f64x2.promote_low_f32x4(upper(x)), scales)
    const lowSquares = f64x2.mul(low, low)
    const highSquares = f64x2.mul(high, high)
    sum += f64x2.extract_lane(lowSquares, 0)
    sum += f64x2.extract_lane(lowSquares, 1)
    sum += f64x2.extract_lane(highSquares, 0)
    sum += f64x2.extract_lane(highSquares, 1)
  }
  return sum
}
