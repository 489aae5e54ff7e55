import type { Slice } from '../tally/slices.ts'
import { blockCount } from '../tally/slices.ts'
import type { FloatVector } from './method.ts'

/** What a method must know of the vector it votes on. */
export interface VectorShape {
  /** Number of parameters. */
  readonly d: number
  /** Coordinates per block; the last block may be short. */
  readonly block: number
  /** The model's tensors, for norms per tensor. */
  readonly tensors: readonly { readonly offset: number; readonly size: number }[]
  /** Float32 state in a run; float64 where golden vectors are compared. */
  readonly precision: 'float32' | 'float64'
}

/** A zero vector [d] of the shape's precision. */
export function zeros({ d, precision }: VectorShape): FloatVector {
  return precision === 'float32' ? new Float32Array(d) : new Float64Array(d)
}

/** A vector given away, where it is of the shape's precision, else a new one; of any content. */
export function roomIn(given: FloatVector, shape: VectorShape): FloatVector {
  const float32 = given instanceof Float32Array
  return float32 === (shape.precision === 'float32') ? given : zeros(shape)
}

/** The blocks of a slice: indices in the vector, and where each begins and ends. */
export function* blocksOf(
  slice: Slice,
  block: number,
): Generator<{ readonly b: number; readonly start: number; readonly end: number }> {
  const last = blockCount(slice.end, block)
  for (let b = slice.start / block; b < last; b++) {
    yield { b, start: b * block, end: Math.min(slice.end, (b + 1) * block) }
  }
}

/** The whole vector as one slice. */
export function wholeSlice({ d }: VectorShape): Slice {
  return { index: 0, start: 0, end: d }
}

/** Mean of |values[i]|, start ≤ i < end, accumulated in float64; at least one value. */
export function meanSize(values: FloatVector, start: number, end: number): number {
  let sum = 0
  for (let i = start; i < end; i++) sum += Math.abs(values[i] ?? 0)
  return sum / (end - start)
}

/** The median; of an even count the mean of the two middle values. At least one value. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const half = sorted.length >> 1
  const upper = sorted[half] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? NaN) + upper) / 2
}
