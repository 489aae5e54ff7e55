import type { Tile } from '../kernels/tile.ts'
import { tile, tilesOf } from '../kernels/tile.ts'
import type { FloatVector, SignWords } from '../methods/method.ts'
import type { CoinWords } from '../random/streams.ts'
import { copySigns, settleZeros, wordsOf } from './tile-signs.ts'

/** Values that have signs: a method's vector, or integer sums. All finite (see `finite`). */
export type SignedValues = FloatVector | Int32Array

/**
 * What the sign of an exact zero is, −0.0 included: always +1, or a coin by coordinate (true =
 * +1), given one by one or in words of 32.
 */
export type ZeroRule = 'plus' | CoinWords | ((coordinate: number) => boolean)

/** Values and what the signs of those are that have none. */
interface Unsigned<Rule = ZeroRule> {
  readonly values: SignedValues
  readonly zero: Rule
}

/** Words that d signs take. */
export function signWordCount(d: number): number {
  return Math.ceil(d / 32)
}

/** The sign of coordinate `i`. */
export function signAt(words: SignWords, i: number): 1 | -1 {
  return ((words[i >>> 5] ?? 0) >>> (i & 31)) & 1 ? 1 : -1
}

/** The signs of `values`, 32 in a word; padding bits are 0. */
export function packSigns(values: SignedValues, zero: ZeroRule): SignWords {
  const words = new Uint32Array(signWordCount(values.length))
  packSignsInto(words, 0, { values, zero })
  return words
}

/**
 * Writes the signs of `values`, which are the coordinates from `start` on, to `words`, the signs
 * of the whole vector. Other coordinates' bits keep what they are; those written must be 0.
 */
export function packSignsInto(words: SignWords, start: number, { values, zero }: Unsigned): void {
  const scratch = tile()
  if (scratch === null || typeof zero === 'function') {
    packSignsInWords(words, start, { values, zero })
  } else {
    packSignsInWasm(scratch, words, start, { values, zero })
  }
}

/** `packSignsInto` by the kernels of shared/kernels/sign.ts, tile by tile, each copied in once. */
function packSignsInWasm(
  scratch: Tile,
  words: SignWords,
  start: number,
  { values, zero }: Unsigned<'plus' | CoinWords>,
): void {
  for (const piece of tilesOf(scratch, start, start + values.length)) {
    const part = values.subarray(piece.start - start, piece.end - start)
    if (signTile(scratch, part, piece)) settleZeros(scratch, zero, piece)
    copySigns(scratch, words, piece)
  }
}

/** Signs a piece's values and what lies beside them in the tile; whether there is a zero. */
function signTile(
  { kernels, x, xFloat64, xInt32 }: Tile,
  values: SignedValues,
  piece: { readonly start: number; readonly end: number },
): boolean {
  const at = piece.start & 31
  const words = wordsOf(piece)
  if (values instanceof Float32Array) {
    x.set(values, at)
    return kernels.signFloat32(words) !== 0
  }
  if (values instanceof Float64Array) {
    xFloat64.set(values, at)
    return kernels.signFloat64(words) !== 0
  }
  xInt32.set(values, at)
  return kernels.signInt32(words) !== 0
}

/** `packSignsInto` in plain TypeScript, a word at a time and without branches. */
export function packSignsInWords(
  words: SignWords,
  start: number,
  { values, zero }: Unsigned,
): void {
  const zeroBits = zeroWords(zero)
  const end = start + values.length
  for (let word = start >>> 5; 32 * word < end; word++) {
    const first = Math.max(start, 32 * word)
    const last = Math.min(end, 32 * word + 32)
    let positive = 0
    let zeros = 0
    for (let i = first; i < last; i++) {
      const value = values[i - start] ?? 0
      positive |= Number(value > 0) << i
      zeros |= Number(value === 0) << i
    }
    words[word] = (words[word] ?? 0) | positive | (zeros & zeroBits(word, zeros))
  }
}

/**
 * The plain reference of `packSigns`, one coordinate at a time.
 *
 * @public the plain reference
 */
export function packSignsPlain(values: SignedValues, zero: ZeroRule): SignWords {
  const words = new Uint32Array(signWordCount(values.length))
  values.forEach((value: number, i: number) => {
    const plus = value === 0 ? zeroIsPlus(zero, i) : value > 0
    if (plus) words[i >>> 5] = (words[i >>> 5] ?? 0) + 2 ** (i & 31)
  })
  return words
}

/** Whether no value is NaN or ±Inf. */
export function finite(values: FloatVector): boolean {
  const scratch = values instanceof Float32Array ? tile() : null
  return scratch === null ? finitePlain(values) : finiteInWasm(scratch, values)
}

function finiteInWasm({ kernels, size, x }: Tile, values: FloatVector): boolean {
  for (let start = 0; start < values.length; start += size) {
    const part = values.subarray(start, start + size)
    x.set(part)
    x.fill(0, part.length, part.length + 3)
    if (!kernels.vectorFinite(part.length)) return false
  }
  return true
}

/** x·0 is 0 for finite x alone. */
function finitePlain(values: FloatVector): boolean {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += (values[i] ?? 0) * 0
  return sum === 0
}

function zeroIsPlus(zero: ZeroRule, i: number): boolean {
  if (zero === 'plus') return true
  if (typeof zero === 'function') return zero(i)
  return ((zero.wordAt(i >>> 5) >>> (i & 31)) & 1) === 1
}

/** The zero rule by words: the bits of +1 in word `word`, of which only those in `zeros` matter. */
export function zeroWords(zero: ZeroRule): (word: number, zeros: number) => number {
  if (zero === 'plus') return () => -1
  if (typeof zero !== 'function') return (word) => zero.wordAt(word)
  return (word, zeros) => {
    let bits = 0
    for (let rest = zeros; rest !== 0; rest &= rest - 1) {
      const bit = 31 - Math.clz32(rest & -rest)
      bits |= Number(zero(32 * word + bit)) << bit
    }
    return bits
  }
}
