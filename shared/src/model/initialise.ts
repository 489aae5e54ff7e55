import { generator } from '../random/generator.ts'
import type { Layout } from './layout.ts'

/** Path of the initial parameters' chance under a run's seed. */
const INITIAL_PATH = 0x696e6974

/** Below it float32 is subnormal, which no replica holds. */
const SMALLEST_NORMAL = 2 ** -126

/**
 * Checkpoint 0: normal values of each tensor's variance, [d]; biases 0. Made once, by the
 * coordinator: logarithms differ between engines, so no browser computes it again.
 */
export function initialParameters(layout: Layout, seed: number): Float32Array {
  const x = new Float32Array(layout.size)
  layout.tensors.forEach(({ offset, size, initialVariance }, index) => {
    if (initialVariance === 0) return
    const chance = generator(seed, INITIAL_PATH, index)
    const deviation = Math.sqrt(initialVariance)
    for (let i = offset; i < offset + size; i++) {
      const value = Math.fround(deviation * chance.normal())
      x[i] = Math.abs(value) < SMALLEST_NORMAL ? 0 : value
    }
  })
  return x
}
