import { philox } from './philox.ts'
import { DOMAINS } from './streams.ts'

/** A sequence of chance, for things that are drawn one after the other. */
export interface Generator {
  /** 0..2³²−1 */
  uint32(): number
  /** [0, 1), 53 bits. */
  uniform(): number
  /** 0..n−1 without bias; n is 1..2³². */
  below(n: number): number
  /** N(0, 1). */
  normal(): number
}

/**
 * The sequence at `path` under a run's seed: every path is a sequence of its own. Deterministic
 * to the bit, but for `normal`, whose logarithm may differ in the last bits between engines.
 */
export function generator(seed: number, ...path: number[]): Generator {
  const words = new Uint32Array(4)
  const key = keyOf(seed, path)
  let block = 0
  let used = 4
  const uint32 = (): number => {
    if (used === 4) {
      philox([block >>> 0, Math.floor(block / 2 ** 32), 0, 0], key, words)
      block++
      used = 0
    }
    return words[used++] ?? 0
  }
  const uniform = (): number => ((uint32() >>> 5) * 2 ** 26 + (uint32() >>> 6)) * 2 ** -53
  const below = (n: number): number => {
    if (!(Number.isInteger(n) && n >= 1 && n <= 2 ** 32)) {
      throw new RangeError(`cannot draw below ${n}`)
    }
    const fair = 2 ** 32 - (2 ** 32 % n)
    for (;;) {
      const word = uint32()
      if (word < fair) return word % n
    }
  }
  return { uint32, uniform, below, normal: normals(uniform) }
}

/** A seeded Fisher–Yates shuffle, in place. */
export function shuffle(values: Uint32Array, chance: Generator): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = chance.below(i + 1)
    const held = values[i] ?? 0
    values[i] = values[j] ?? 0
    values[j] = held
  }
}

/** Source: Box & Muller 1958; two normals from two uniforms, the second one kept. */
function normals(uniform: () => number): () => number {
  let kept: number | null = null
  return () => {
    if (kept !== null) {
      const value = kept
      kept = null
      return value
    }
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()))
    const angle = 2 * Math.PI * uniform()
    kept = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }
}

/** Folds a path into a key, one Philox block a step. */
function keyOf(seed: number, path: readonly number[]): readonly [number, number] {
  const words = new Uint32Array(4)
  let key: readonly [number, number] = [seed, DOMAINS.sequence]
  path.forEach((step, depth) => {
    philox([step >>> 0, depth, path.length, 1], key, words)
    key = [words[0] ?? 0, words[1] ?? 0]
  })
  return key
}
