/**
 * Philox4x32-10, four blocks in a register: lane j of each of the four registers belongs to block
 * b + j. The same words as shared/src/random/philox.ts.
 *
 * Source: Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3.
 */
import { TILE_CHANCE, TILE_PLUS, TILE_ZERO } from './tile'

const MULTIPLIER_0: u32 = 0xd2511f53
const MULTIPLIER_1: u32 = 0xcd9e8d57
const KEY_STEP_0: u32 = 0x9e3779b9
const KEY_STEP_1: u32 = 0xbb67ae85
const ROUNDS: i32 = 10

/** uint32 [rounds][2]: the keys of the stream. */
const KEYS: usize = memory.data(ROUNDS * 8, 16)
let counter1: i32 = 0
let counter2: i32 = 0

/** Chooses the stream that the other functions draw from; all u32. */
export function philoxStream(round: i32, contributor: i32, seed: i32, domain: i32): void {
  counter1 = round
  counter2 = contributor
  for (let i = 0; i < ROUNDS; i++) {
    store<u32>(KEYS + <usize>(i * 8), <u32>seed + <u32>i * KEY_STEP_0)
    store<u32>(KEYS + <usize>(i * 8), <u32>domain + <u32>i * KEY_STEP_1, 4)
  }
}

/** Writes the words of `blocks` blocks, up to a multiple of four, to TILE_CHANCE. */
export function philoxFill(firstBlock: i32, blocks: i32): void {
  const m0 = i32x4.splat(MULTIPLIER_0)
  const m1 = i32x4.splat(MULTIPLIER_1)
  let counter = i32x4.add(i32x4.splat(firstBlock), i32x4(0, 1, 2, 3))
  const end = TILE_CHANCE + <usize>(blocks * 16)
  for (let out = TILE_CHANCE; out < end; out += 64) {
    let c0 = counter
    let c1 = i32x4.splat(counter1)
    let c2 = i32x4.splat(counter2)
    let c3 = i32x4.splat(0)
    for (let key = KEYS; key < KEYS + ROUNDS * 8; key += 8) {
      const a = i64x2.extmul_low_i32x4_u(c0, m0)
      const b = i64x2.extmul_high_i32x4_u(c0, m0)
      const c = i64x2.extmul_low_i32x4_u(c2, m1)
      const d = i64x2.extmul_high_i32x4_u(c2, m1)
      c0 = v128.xor(v128.xor(i32x4.shuffle(c, d, 1, 3, 5, 7), c1), v128.load32_splat(key))
      c1 = i32x4.shuffle(c, d, 0, 2, 4, 6)
      c2 = v128.xor(v128.xor(i32x4.shuffle(a, b, 1, 3, 5, 7), c3), v128.load32_splat(key, 4))
      c3 = i32x4.shuffle(a, b, 0, 2, 4, 6)
    }
    // The four words of a block are those of neighbouring coordinates.
    const low01 = i32x4.shuffle(c0, c1, 0, 4, 1, 5)
    const high01 = i32x4.shuffle(c0, c1, 2, 6, 3, 7)
    const low23 = i32x4.shuffle(c2, c3, 0, 4, 1, 5)
    const high23 = i32x4.shuffle(c2, c3, 2, 6, 3, 7)
    v128.store(out, i64x2.shuffle(low01, low23, 0, 2))
    v128.store(out, i64x2.shuffle(low01, low23, 1, 3), 16)
    v128.store(out, i64x2.shuffle(high01, high23, 0, 2), 32)
    v128.store(out, i64x2.shuffle(high01, high23, 1, 3), 48)
    counter = i32x4.add(counter, i32x4.splat(4))
  }
}

/**
 * Tosses a coin for each coordinate of TILE_ZERO, and adds those that come up +1 to TILE_PLUS.
 * Word w of the tile is word `firstWord` + w of the stream.
 */
export function philoxToss(firstWord: i32, words: i32): void {
  let known: i32 = -1
  for (let w = 0; w < words; w++) {
    const zeros = load<u32>(TILE_ZERO + <usize>(w * 4))
    if (zeros === 0) continue
    const word = firstWord + w
    if (word >>> 2 !== known) {
      known = word >>> 2
      block(known)
    }
    const coins = load<u32>(COINS + <usize>((word & 3) * 4))
    const at = TILE_PLUS + <usize>(w * 4)
    store<u32>(at, load<u32>(at) | (zeros & coins))
  }
}

/** uint32 [4]: one block. */
const COINS: usize = memory.data(16, 16)

function block(index: i32): void {
  let c0 = <u32>index
  let c1 = <u32>counter1
  let c2 = <u32>counter2
  let c3: u32 = 0
  for (let key = KEYS; key < KEYS + ROUNDS * 8; key += 8) {
    const product0 = <u64>c0 * <u64>MULTIPLIER_0
    const product1 = <u64>c2 * <u64>MULTIPLIER_1
    c0 = (<u32>(product1 >> 32)) ^ c1 ^ load<u32>(key)
    c1 = <u32>product1
    c2 = (<u32>(product0 >> 32)) ^ c3 ^ load<u32>(key, 4)
    c3 = <u32>product0
  }
  store<u32>(COINS, c0)
  store<u32>(COINS, c1, 4)
  store<u32>(COINS, c2, 8)
  store<u32>(COINS, c3, 12)
}
