import type { Tile } from '../kernels/tile.ts'
import { tile } from '../kernels/tile.ts'
import type { FloatVector } from './method.ts'

/** max|v_i|; 0 of no values. */
export function largestSize(values: FloatVector): number {
  const scratch = values instanceof Float32Array ? tile() : null
  if (scratch === null) return largestSizePlain(values)
  let size = 0
  for (const count of filledTiles(scratch, values)) {
    size = Math.max(size, scratch.kernels.vectorLargest(count))
  }
  return size
}

/** ‖v‖₂ in float64, scaled so that nothing overflows or vanishes. */
export function euclideanNorm(values: FloatVector): number {
  const scale = largestSize(values)
  const scratch = values instanceof Float32Array ? tile() : null
  if (scratch === null || scale === 0) return euclideanNormPlain(values, scale)
  let sum = 0
  for (const count of filledTiles(scratch, values)) {
    sum = scratch.kernels.vectorSquares(count, scale, sum)
  }
  return scale * Math.sqrt(sum)
}

/** The plain reference of `largestSize`, and its twin where there are no kernels. */
export function largestSizePlain(values: FloatVector): number {
  let size = 0
  for (let i = 0; i < values.length; i++) size = Math.max(size, Math.abs(values[i] ?? 0))
  return size
}

/** The plain reference of `euclideanNorm`; `scale`: the largest size. */
export function euclideanNormPlain(values: FloatVector, scale: number): number {
  if (scale === 0) return 0
  let sum = 0
  for (let i = 0; i < values.length; i++) {
    // A product: engines differ, and differ with themselves, in the last bit of a power.
    const ratio = (values[i] ?? 0) / scale
    sum += ratio * ratio
  }
  return scale * Math.sqrt(sum)
}

/** Copies the values in tile by tile, zeros after the last; gives the count, a multiple of four. */
function* filledTiles({ size, x }: Tile, values: FloatVector): Generator<number> {
  for (let start = 0; start < values.length; start += size) {
    const part = values.subarray(start, start + size)
    x.set(part)
    const count = 4 * Math.ceil(part.length / 4)
    x.fill(0, part.length, count)
    yield count
  }
}
