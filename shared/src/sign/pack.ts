import type { FloatVector, SignWords } from '../methods/method.ts'
import type { CoinWords } from '../random/streams.ts'

/** Values that have signs: a method's vector, or integer sums. All finite (see `finite`). */
export type SignedValues = FloatVector | Int32Array

/**
 * What the sign of an exact zero is, −0.0 included: always +1, or a coin by coordinate (true =
 * +1), given one by one or in words of 32.
 */
export type ZeroRule = 'plus' | CoinWords | ((coordinate: number) => boolean)

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
export function packSignsInto(
  words: SignWords,
  start: number,
  { values, zero }: { readonly values: SignedValues; readonly zero: ZeroRule },
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

/** Whether no value is NaN or ±Inf: x·0 is 0 for finite x alone. */
export function finite(values: FloatVector): boolean {
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
