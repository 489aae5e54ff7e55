/**
 * Counting votes in bit planes: plane k holds bit k of the counts, 128 coordinates in a register.
 * Votes come in slots of one tile each; the host copies them in, folds them into the counts, and
 * copies the planes of the counts out. Offsets are in bytes, 8 coordinates each.
 *
 * Source: Harley & Seal's counter, in Warren, Hacker's Delight, 2nd ed., section 5-1.
 */

/** Bytes of a tile. */
export const TALLY_TILE: i32 = 16384
/** Votes that one fold takes. */
export const TALLY_SLOTS: i32 = 16
/** 10,000 voters of weight 15 need 18; a fold touches three more. */
export const TALLY_PLANES: i32 = 24
/** From slot to slot and from plane to plane; no multiple of 4096, which caches alias. */
export const TALLY_STRIDE: i32 = TALLY_TILE + 192

/** [slots][stride] */
export const TALLY_VOTES: usize = memory.data(TALLY_SLOTS * TALLY_STRIDE, 16)
/** [planes][stride] */
export const TALLY_COUNTS: usize = memory.data(TALLY_PLANES * TALLY_STRIDE, 16)
/** Blocks that a tile has room for, of at least 8 bytes each. */
export const TALLY_BLOCKS: i32 = TALLY_TILE / 8
/** Weights 0..15, a byte each: [slots][blocks] */
export const TALLY_WEIGHTS: usize = memory.data(TALLY_SLOTS * TALLY_BLOCKS, 16)
/** From slot to slot; like TALLY_STRIDE no multiple of 4096. */
const MASK_STRIDE: i32 = TALLY_BLOCKS * 4 + 64
/** 32 ones where the weight has the bit that is being added, else 32 zeros: [slots][stride] */
const MASKS: usize = memory.data(TALLY_SLOTS * MASK_STRIDE, 16)
/** Bytes of planes that are spread at a time. */
export const TALLY_SPREAD: i32 = 4096
/** int32 [8 · TALLY_SPREAD] */
export const TALLY_SUMS: usize = memory.data(TALLY_SPREAD * 8 * 4, 16)

function sum3(a: v128, b: v128, c: v128): v128 {
  return v128.xor(v128.xor(a, b), c)
}

function carry3(a: v128, b: v128, c: v128): v128 {
  return v128.bitselect(c, a, v128.xor(a, b))
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
 * Adds the first `bytes`, up to a whole register, of eight votes to the counts, a vote being worth
 * 2^plane. The counts must be less than 2^planes afterwards.
 */
export function tallyFold8(bytes: i32, plane: i32, planes: i32): void {
  const counts = TALLY_COUNTS + <usize>(plane * TALLY_STRIDE)
  const above = <usize>((planes - plane) * TALLY_STRIDE)
  for (let at: usize = 0; at < <usize>bytes; at += 16) {
    const v = TALLY_VOTES + at
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

/** The same with sixteen votes. */
export function tallyFold16(bytes: i32, plane: i32, planes: i32): void {
  fold16<void>(bytes, plane, planes, 0)
}

/**
 * Adds the first `bytes` of sixteen votes to the counts, each worth its weight in its block. A
 * block is 2^shift bytes, shift ≥ 3. A bit of the weights at a time: the votes whose weight has
 * it are worth 2^bit.
 */
export function tallyFoldWeighted(bytes: i32, planes: i32, shift: i32): void {
  for (let bit = 0; bit < 4; bit++) {
    makeMasks(<usize>((bytes + (1 << shift) - 1) >> shift), bit)
    if (shift >= 4) fold16<v128>(bytes, bit, planes, shift)
    else fold16<u64>(bytes, bit, planes, shift)
  }
}

/** Of the first `blocks` blocks of every slot, up to a whole register, for one bit of the weights. */
function makeMasks(blocks: usize, bit: i32): void {
  const flag: i32 = 1 << bit
  const wanted = i8x16.splat(<i8>flag)
  for (let slot: usize = 0; slot < <usize>TALLY_SLOTS; slot++) {
    const weights = TALLY_WEIGHTS + slot * <usize>TALLY_BLOCKS
    const masks = MASKS + slot * <usize>MASK_STRIDE
    for (let at: usize = 0; at < blocks; at += 16) {
      const set = i8x16.eq(v128.and(v128.load(weights + at), wanted), wanted)
      const low = i16x8.extend_low_i8x16_s(set)
      const high = i16x8.extend_high_i8x16_s(set)
      const out = masks + at * 4
      v128.store(out, i32x4.extend_low_i16x8_s(low))
      v128.store(out, i32x4.extend_high_i16x8_s(low), 16)
      v128.store(out, i32x4.extend_low_i16x8_s(high), 32)
      v128.store(out, i32x4.extend_high_i16x8_s(high), 48)
    }
  }
}

/**
 * A vote of 16 bytes where it counts. `Weight` says to the compiler how much of it lies in one
 * block: void, if every vote counts; v128, the whole; u64, each half.
 */
function weigh<Weight>(vote: v128, low: usize, high: usize): v128 {
  if (isVoid<Weight>()) return vote
  if (isVector<Weight>()) return v128.and(vote, v128.load32_splat(low))
  const lowHalf = i64x2(-1, 0)
  return v128.and(vote, v128.bitselect(v128.load32_splat(low), v128.load32_splat(high), lowHalf))
}

function fold16<Weight>(bytes: i32, plane: i32, planes: i32, shift: usize): void {
  const counts = TALLY_COUNTS + <usize>(plane * TALLY_STRIDE)
  const above = <usize>((planes - plane) * TALLY_STRIDE)
  for (let at: usize = 0; at < <usize>bytes; at += 16) {
    const v = TALLY_VOTES + at
    const c = counts + at
    const low = MASKS + ((at >> shift) << 2)
    const high = MASKS + (((at + 8) >> shift) << 2)
    let ones = v128.load(c)
    let twos = v128.load(c, 1 * TALLY_STRIDE)
    let fours = v128.load(c, 2 * TALLY_STRIDE)
    const eights = v128.load(c, 3 * TALLY_STRIDE)
    let x = weigh<Weight>(v128.load(v), low, high)
    let y = weigh<Weight>(
      v128.load(v, 1 * TALLY_STRIDE),
      low + 1 * MASK_STRIDE,
      high + 1 * MASK_STRIDE,
    )
    let twosA = carry3(ones, x, y)
    ones = sum3(ones, x, y)
    x = weigh<Weight>(v128.load(v, 2 * TALLY_STRIDE), low + 2 * MASK_STRIDE, high + 2 * MASK_STRIDE)
    y = weigh<Weight>(v128.load(v, 3 * TALLY_STRIDE), low + 3 * MASK_STRIDE, high + 3 * MASK_STRIDE)
    let twosB = carry3(ones, x, y)
    ones = sum3(ones, x, y)
    let foursA = carry3(twos, twosA, twosB)
    twos = sum3(twos, twosA, twosB)
    x = weigh<Weight>(v128.load(v, 4 * TALLY_STRIDE), low + 4 * MASK_STRIDE, high + 4 * MASK_STRIDE)
    y = weigh<Weight>(v128.load(v, 5 * TALLY_STRIDE), low + 5 * MASK_STRIDE, high + 5 * MASK_STRIDE)
    twosA = carry3(ones, x, y)
    ones = sum3(ones, x, y)
    x = weigh<Weight>(v128.load(v, 6 * TALLY_STRIDE), low + 6 * MASK_STRIDE, high + 6 * MASK_STRIDE)
    y = weigh<Weight>(v128.load(v, 7 * TALLY_STRIDE), low + 7 * MASK_STRIDE, high + 7 * MASK_STRIDE)
    twosB = carry3(ones, x, y)
    ones = sum3(ones, x, y)
    let foursB = carry3(twos, twosA, twosB)
    twos = sum3(twos, twosA, twosB)
    const eightsA = carry3(fours, foursA, foursB)
    fours = sum3(fours, foursA, foursB)
    x = weigh<Weight>(v128.load(v, 8 * TALLY_STRIDE), low + 8 * MASK_STRIDE, high + 8 * MASK_STRIDE)
    y = weigh<Weight>(v128.load(v, 9 * TALLY_STRIDE), low + 9 * MASK_STRIDE, high + 9 * MASK_STRIDE)
    twosA = carry3(ones, x, y)
    ones = sum3(ones, x, y)
    x = weigh<Weight>(
      v128.load(v, 10 * TALLY_STRIDE),
      low + 10 * MASK_STRIDE,
      high + 10 * MASK_STRIDE,
    )
    y = weigh<Weight>(
      v128.load(v, 11 * TALLY_STRIDE),
      low + 11 * MASK_STRIDE,
      high + 11 * MASK_STRIDE,
    )
    twosB = carry3(ones, x, y)
    ones = sum3(ones, x, y)
    foursA = carry3(twos, twosA, twosB)
    twos = sum3(twos, twosA, twosB)
    x = weigh<Weight>(
      v128.load(v, 12 * TALLY_STRIDE),
      low + 12 * MASK_STRIDE,
      high + 12 * MASK_STRIDE,
    )
    y = weigh<Weight>(
      v128.load(v, 13 * TALLY_STRIDE),
      low + 13 * MASK_STRIDE,
      high + 13 * MASK_STRIDE,
    )
    twosA = carry3(ones, x, y)
    ones = sum3(ones, x, y)
    x = weigh<Weight>(
      v128.load(v, 14 * TALLY_STRIDE),
      low + 14 * MASK_STRIDE,
      high + 14 * MASK_STRIDE,
    )
    y = weigh<Weight>(
      v128.load(v, 15 * TALLY_STRIDE),
      low + 15 * MASK_STRIDE,
      high + 15 * MASK_STRIDE,
    )
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
 * Writes 2·count − total for the coordinates of bytes `from` to `end`, both even and at most
 * TALLY_SPREAD, to their places in TALLY_SUMS.
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

/** Bits of the coordinates whose sum is positive: [TALLY_TILE] */
export const TALLY_POSITIVE: usize = TALLY_VOTES
/** Of those whose sum is 0: [TALLY_TILE] */
export const TALLY_TIED: usize = TALLY_VOTES + TALLY_STRIDE

/**
 * Compares the counts of the bytes `from` to `end`, both multiples of 8, with half of `total`,
 * from the highest plane down: what is still equal there and has a bit where the half has none is
 * greater.
 */
export function tallyCompare(from: i32, end: i32, planes: i32, total: i32): void {
  const half = total >> 1
  for (let at: usize = from; at < <usize>end; at += 8) {
    let greater: u64 = 0
    let equal: u64 = ~0
    for (let k = planes - 1; k >= 0; k--) {
      const plane = load<u64>(TALLY_COUNTS + at + <usize>(k * TALLY_STRIDE))
      if ((half >> k) & 1) {
        equal &= plane
      } else {
        greater |= equal & plane
        equal &= ~plane
      }
    }
    store<u64>(TALLY_POSITIVE + at, greater)
    store<u64>(TALLY_TIED + at, total & 1 ? 0 : equal)
  }
}
