/**
 * Counting votes in bit planes: plane k holds bit k of the counts, 128 coordinates in a register.
 * Votes come in slots of one tile each; the host copies them in, folds them into the counts, and
 * copies the planes of the counts out. Offsets are in bytes, 8 coordinates each.
 *
 * Source: Harley & Seal's counter, in Warren, Hacker's Delight, 2nd ed., section 5-1.
 */

/** Bytes of a tile. */
export const TALLY_TILE: i32 = 4096
/** Votes that one fold takes. */
export const TALLY_SLOTS: i32 = 16
/** 10,000 voters of weight 15 need 18; a fold touches three more. */
export const TALLY_PLANES: i32 = 24
/** From slot to slot and from plane to plane; not a multiple of 4096, which caches alias. */
export const TALLY_STRIDE: i32 = TALLY_TILE + 128

/** [slots][stride] */
export const TALLY_VOTES: usize = memory.data(TALLY_SLOTS * TALLY_STRIDE, 16)
/** [slots][stride]: the votes whose weight has the bit of the last `tallyMask`. */
export const TALLY_MASKED: usize = memory.data(TALLY_SLOTS * TALLY_STRIDE, 16)
/** [planes][stride] */
export const TALLY_COUNTS: usize = memory.data(TALLY_PLANES * TALLY_STRIDE, 16)
/** [blocks of a tile, at least 8 bytes each][slots]: a weight 0..15 in each byte. */
export const TALLY_WEIGHTS: usize = memory.data((TALLY_TILE / 8) * TALLY_SLOTS, 16)
/** int32 [8 · tile] */
export const TALLY_SUMS: usize = memory.data(TALLY_TILE * 8 * 4, 16)

function sum3(a: v128, b: v128, c: v128): v128 {
  return v128.xor(v128.xor(a, b), c)
}

function carry3(a: v128, b: v128, c: v128): v128 {
  return v128.or(v128.and(a, b), v128.and(v128.xor(a, b), c))
}

/** Adds `carry` at the plane that lies at `from`, and what it carries at those up to `end`. */
function ripple(from: usize, end: usize, carry: v128): void {
  for (let p = from; p < end; p += TALLY_STRIDE) {
    const old = v128.load(p)
    v128.store(p, v128.xor(old, carry))
    carry = v128.and(old, carry)
  }
}

/**
 * Adds the first `bytes` (a multiple of 16) of eight slots at `votes` to the counts, a vote being
 * worth 2^plane. The counts must be less than 2^planes afterwards.
 */
export function tallyFold8(votes: usize, bytes: i32, plane: i32, planes: i32): void {
  const counts = TALLY_COUNTS + <usize>(plane * TALLY_STRIDE)
  const above = <usize>((planes - plane) * TALLY_STRIDE)
  for (let at: usize = 0; at < <usize>bytes; at += 16) {
    const v = votes + at
    const c = counts + at
    let ones = v128.load(c)
    let twos = v128.load(c, 1 * TALLY_STRIDE)
    const fours = v128.load(c, 2 * TALLY_STRIDE)
    let x = v128.load(v)
    let y = v128.load(v, 1 * TALLY_STRIDE)
    let twosA = carry3(ones, x, y)
    ones = sum3(ones, x, y)
    x = v128.load(v, 2 * TALLY_STRIDE)
    y = v128.load(v, 3 * TALLY_STRIDE)
    let twosB = carry3(ones, x, y)
    ones = sum3(ones, x, y)
    let foursA = carry3(twos, twosA, twosB)
    twos = sum3(twos, twosA, twosB)
    x = v128.load(v, 4 * TALLY_STRIDE)
    y = v128.load(v, 5 * TALLY_STRIDE)
    twosA = carry3(ones, x, y)
    ones = sum3(ones, x, y)
    x = v128.load(v, 6 * TALLY_STRIDE)
    y = v128.load(v, 7 * TALLY_STRIDE)
    twosB = carry3(ones, x, y)
    ones = sum3(ones, x, y)
    let foursB = carry3(twos, twosA, twosB)
    twos = sum3(twos, twosA, twosB)
    v128.store(c, ones)
    v128.store(c, twos, 1 * TALLY_STRIDE)
    v128.store(c, sum3(fours, foursA, foursB), 2 * TALLY_STRIDE)
    ripple(c + 3 * TALLY_STRIDE, c + above, carry3(fours, foursA, foursB))
  }
}

/** The same with sixteen slots. */
export function tallyFold16(votes: usize, bytes: i32, plane: i32, planes: i32): void {
  const counts = TALLY_COUNTS + <usize>(plane * TALLY_STRIDE)
  const above = <usize>((planes - plane) * TALLY_STRIDE)
  for (let at: usize = 0; at < <usize>bytes; at += 16) {
    const v = votes + at
    const c = counts + at
    let ones = v128.load(c)
    let twos = v128.load(c, 1 * TALLY_STRIDE)
    let fours = v128.load(c, 2 * TALLY_STRIDE)
    const eights = v128.load(c, 3 * TALLY_STRIDE)
    let x = v128.load(v)
    let y = v128.load(v, 1 * TALLY_STRIDE)
    let twosA = carry3(ones, x, y)
    ones = sum3(ones, x, y)
    x = v128.load(v, 2 * TALLY_STRIDE)
    y = v128.load(v, 3 * TALLY_STRIDE)
    let twosB = carry3(ones, x, y)
    ones = sum3(ones, x, y)
    let foursA = carry3(twos, twosA, twosB)
    twos = sum3(twos, twosA, twosB)
    x = v128.load(v, 4 * TALLY_STRIDE)
    y = v128.load(v, 5 * TALLY_STRIDE)
    twosA = carry3(ones, x, y)
    ones = sum3(ones, x, y)
    x = v128.load(v, 6 * TALLY_STRIDE)
    y = v128.load(v, 7 * TALLY_STRIDE)
    twosB = carry3(ones, x, y)
    ones = sum3(ones, x, y)
    let foursB = carry3(twos, twosA, twosB)
    twos = sum3(twos, twosA, twosB)
    const eightsA = carry3(fours, foursA, foursB)
    fours = sum3(fours, foursA, foursB)
    x = v128.load(v, 8 * TALLY_STRIDE)
    y = v128.load(v, 9 * TALLY_STRIDE)
    twosA = carry3(ones, x, y)
    ones = sum3(ones, x, y)
    x = v128.load(v, 10 * TALLY_STRIDE)
    y = v128.load(v, 11 * TALLY_STRIDE)
    twosB = carry3(ones, x, y)
    ones = sum3(ones, x, y)
    foursA = carry3(twos, twosA, twosB)
    twos = sum3(twos, twosA, twosB)
    x = v128.load(v, 12 * TALLY_STRIDE)
    y = v128.load(v, 13 * TALLY_STRIDE)
    twosA = carry3(ones, x, y)
    ones = sum3(ones, x, y)
    x = v128.load(v, 14 * TALLY_STRIDE)
    y = v128.load(v, 15 * TALLY_STRIDE)
    twosB = carry3(ones, x, y)
    ones = sum3(ones, x, y)
    foursB = carry3(twos, twosA, twosB)
    twos = sum3(twos, twosA, twosB)
    const eightsB = carry3(fours, foursA, foursB)
    v128.store(c, ones)
    v128.store(c, twos, 1 * TALLY_STRIDE)
    v128.store(c, sum3(fours, foursA, foursB), 2 * TALLY_STRIDE)
    v128.store(c, sum3(eights, eightsA, eightsB), 3 * TALLY_STRIDE)
    ripple(c + 4 * TALLY_STRIDE, c + above, carry3(eights, eightsA, eightsB))
  }
}

/** Slot `slot` of TALLY_MASKED ← that of TALLY_VOTES where the byte `slot` of `low`, `high` is set. */
function maskSlots(at: usize, low: v128, high: v128): void {
  maskSlot(
    at,
    0 * TALLY_STRIDE,
    i8x16.shuffle(low, high, 0, 0, 0, 0, 0, 0, 0, 0, 16, 16, 16, 16, 16, 16, 16, 16),
  )
  maskSlot(
    at,
    1 * TALLY_STRIDE,
    i8x16.shuffle(low, high, 1, 1, 1, 1, 1, 1, 1, 1, 17, 17, 17, 17, 17, 17, 17, 17),
  )
  maskSlot(
    at,
    2 * TALLY_STRIDE,
    i8x16.shuffle(low, high, 2, 2, 2, 2, 2, 2, 2, 2, 18, 18, 18, 18, 18, 18, 18, 18),
  )
  maskSlot(
    at,
    3 * TALLY_STRIDE,
    i8x16.shuffle(low, high, 3, 3, 3, 3, 3, 3, 3, 3, 19, 19, 19, 19, 19, 19, 19, 19),
  )
  maskSlot(
    at,
    4 * TALLY_STRIDE,
    i8x16.shuffle(low, high, 4, 4, 4, 4, 4, 4, 4, 4, 20, 20, 20, 20, 20, 20, 20, 20),
  )
  maskSlot(
    at,
    5 * TALLY_STRIDE,
    i8x16.shuffle(low, high, 5, 5, 5, 5, 5, 5, 5, 5, 21, 21, 21, 21, 21, 21, 21, 21),
  )
  maskSlot(
    at,
    6 * TALLY_STRIDE,
    i8x16.shuffle(low, high, 6, 6, 6, 6, 6, 6, 6, 6, 22, 22, 22, 22, 22, 22, 22, 22),
  )
  maskSlot(
    at,
    7 * TALLY_STRIDE,
    i8x16.shuffle(low, high, 7, 7, 7, 7, 7, 7, 7, 7, 23, 23, 23, 23, 23, 23, 23, 23),
  )
  maskSlot(
    at,
    8 * TALLY_STRIDE,
    i8x16.shuffle(low, high, 8, 8, 8, 8, 8, 8, 8, 8, 24, 24, 24, 24, 24, 24, 24, 24),
  )
  maskSlot(
    at,
    9 * TALLY_STRIDE,
    i8x16.shuffle(low, high, 9, 9, 9, 9, 9, 9, 9, 9, 25, 25, 25, 25, 25, 25, 25, 25),
  )
  maskSlot(
    at,
    10 * TALLY_STRIDE,
    i8x16.shuffle(low, high, 10, 10, 10, 10, 10, 10, 10, 10, 26, 26, 26, 26, 26, 26, 26, 26),
  )
  maskSlot(
    at,
    11 * TALLY_STRIDE,
    i8x16.shuffle(low, high, 11, 11, 11, 11, 11, 11, 11, 11, 27, 27, 27, 27, 27, 27, 27, 27),
  )
  maskSlot(
    at,
    12 * TALLY_STRIDE,
    i8x16.shuffle(low, high, 12, 12, 12, 12, 12, 12, 12, 12, 28, 28, 28, 28, 28, 28, 28, 28),
  )
  maskSlot(
    at,
    13 * TALLY_STRIDE,
    i8x16.shuffle(low, high, 13, 13, 13, 13, 13, 13, 13, 13, 29, 29, 29, 29, 29, 29, 29, 29),
  )
  maskSlot(
    at,
    14 * TALLY_STRIDE,
    i8x16.shuffle(low, high, 14, 14, 14, 14, 14, 14, 14, 14, 30, 30, 30, 30, 30, 30, 30, 30),
  )
  maskSlot(
    at,
    15 * TALLY_STRIDE,
    i8x16.shuffle(low, high, 15, 15, 15, 15, 15, 15, 15, 15, 31, 31, 31, 31, 31, 31, 31, 31),
  )
}

function maskSlot(at: usize, slot: usize, mask: v128): void {
  v128.store(TALLY_MASKED + at + slot, v128.and(v128.load(TALLY_VOTES + at + slot), mask))
}

/**
 * Copies to TALLY_MASKED the votes, of all slots, whose weight in their block has bit `bit`, and
 * 0 for the others. A block is 2^shift bytes, shift ≥ 3.
 */
export function tallyMask(bytes: i32, bit: i32, shift: i32): void {
  const flag: i32 = 1 << bit
  const wanted = i8x16.splat(<i8>flag)
  for (let at = 0; at < bytes; at += 16) {
    const low = v128.load(TALLY_WEIGHTS + <usize>((at >> shift) * TALLY_SLOTS))
    const high = v128.load(TALLY_WEIGHTS + <usize>(((at + 8) >> shift) * TALLY_SLOTS))
    maskSlots(
      <usize>at,
      i8x16.eq(v128.and(low, wanted), wanted),
      i8x16.eq(v128.and(high, wanted), wanted),
    )
  }
}

/** The bits of a 2-byte piece of a plane as bytes: all ones where set. */
function bitsAsBytes(from: usize): v128 {
  const places = i8x16(1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32, 64, -128)
  const both = v128.load16_splat(from)
  const spread = i8x16.shuffle(both, both, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1)
  return i8x16.eq(v128.and(spread, places), places)
}

/** Bits first..first + 7 of 16 counts, those below `planes`, one count in a byte. */
function countBytes(from: usize, first: i32, planes: i32): v128 {
  let counts = i8x16.splat(0)
  for (let k = min(planes, first + 8) - 1; k >= first; k--) {
    // All ones is −1.
    counts = i8x16.sub(i8x16.add(counts, counts), bitsAsBytes(from + <usize>(k * TALLY_STRIDE)))
  }
  return counts
}

/**
 * Writes 2·count − total for the coordinates of bytes `from` to `end`, both even, to their places
 * in TALLY_SUMS.
 */
export function tallySpread(from: i32, end: i32, planes: i32, total: i32): void {
  const offset = i32x4.splat(total)
  for (let at = from; at < end; at += 2) {
    const c = TALLY_COUNTS + <usize>at
    const out = TALLY_SUMS + <usize>(at * 32)
    const b0 = countBytes(c, 0, planes)
    const b1 = countBytes(c, 8, planes)
    const b2 = countBytes(c, 16, planes)
    const low = i8x16.shuffle(b0, b1, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
    const high = i8x16.shuffle(b0, b1, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)
    storeSums(out, low, i16x8.extend_low_i8x16_u(b2), offset)
    storeSums(out + 32, high, i16x8.extend_high_i8x16_u(b2), offset)
  }
}

/** Eight sums from the low and high halves of their counts. */
function storeSums(out: usize, low: v128, high: v128, total: v128): void {
  const first = i16x8.shuffle(low, high, 0, 8, 1, 9, 2, 10, 3, 11)
  const last = i16x8.shuffle(low, high, 4, 12, 5, 13, 6, 14, 7, 15)
  v128.store(out, i32x4.sub(i32x4.shl(first, 1), total))
  v128.store(out, i32x4.sub(i32x4.shl(last, 1), total), 16)
}
