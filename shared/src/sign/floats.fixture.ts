import fc from 'fast-check'
import { generator } from '../random/generator.ts'

/** Where arithmetic goes wrong: zeros, subnormals, the ends of the range, halfway cases. */
const SPECIAL = [
  ...[0, -0, 2 ** -149, -(2 ** -149), 2 ** -127, -(2 ** -126), 2 ** -126, 1, -1],
  ...[1 + 2 ** -23, 2 ** 24, -(2 ** 127), 3.4028234663852886e38, -3.4028234663852886e38],
]

/** [d] floats of float32: of the size of gradients, of any finite bits, special ones, and zeros. */
export function someFloats(seed: number, d: number): Float32Array {
  const random = generator(seed)
  const bits = new Uint32Array(1)
  const asFloat = new Float32Array(bits.buffer)
  return Float32Array.from({ length: d }, () => {
    const kind = random.below(8)
    if (kind < 3) return random.normal() * 1e-3
    if (kind === 3) return SPECIAL[random.below(SPECIAL.length)] ?? 0
    if (kind < 6) return random.below(2) ? 0 : -0
    bits[0] = random.uint32()
    return Number.isFinite(asFloat[0]) ? (asFloat[0] ?? 0) : 1
  })
}

/** Lengths about words, blocks and the ends of tiles, and between. */
export const someLength = fc.oneof(
  fc.integer({ min: 1, max: 700 }),
  fc.integer({ min: 8100, max: 8300 }),
  fc.integer({ min: 16_350, max: 16_900 }),
)

export const someU32 = fc.oneof(
  fc.integer({ min: 0, max: 9 }),
  fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  fc.constant(2 ** 32 - 1),
)

/** The bits of float32 values, so that −0 and NaN compare as what they are. */
export function bitsOf(values: Float32Array): number[] {
  return [...new Uint32Array(values.buffer, values.byteOffset, values.length)]
}
