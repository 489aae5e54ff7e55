import type { Entropy } from './ports.ts'

const WORDS = 64

/**
 * Draws that nobody outside can foresee, whatever draws it has seen: each is of fresh entropy.
 * 0..n−1 without bias; n is 1..2³².
 */
export function secretChance(entropy: Entropy): (n: number) => number {
  let words: DataView = new DataView(new ArrayBuffer(0))
  let at = 0
  const word = () => {
    if (at + 4 > words.byteLength) {
      const { buffer, byteOffset, byteLength } = entropy(4 * WORDS)
      words = new DataView(buffer, byteOffset, byteLength)
      at = 0
    }
    at += 4
    return words.getUint32(at - 4, true)
  }
  return (n) => {
    const fair = 2 ** 32 - (2 ** 32 % n)
    for (;;) {
      const drawn = word()
      if (drawn < fair) return drawn % n
    }
  }
}
