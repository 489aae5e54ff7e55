/** [d] floats of a gradient's size at random; of `zeros` in 16 of them exactly 0. */
export function someVector(d: number, seed: number, zeros = 0): Float32Array {
  let state = 0x2545f491 ^ seed
  const next = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state
  }
  return Float32Array.from({ length: d }, () => {
    const value = (next() | 1) * 2 ** -41
    return next() >>> 28 < zeros ? 0 : value
  })
}
