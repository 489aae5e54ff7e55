import type { Slice } from '../tally/slices.ts'
import type { FloatVector, Settlement } from './method.ts'
import type { VectorShape } from './shape.ts'
import { zeros } from './shape.ts'

/** β·m + (1 − β)·g, a new vector [d]; the arithmetic is float64, rounded once on storing. */
export function nextMomentum(
  beta: number,
  { m, gradient }: { readonly m: FloatVector; readonly gradient: FloatVector },
  shape: VectorShape,
): FloatVector {
  const next = zeros(shape)
  for (let i = 0; i < next.length; i++) {
    next[i] = beta * (m[i] ?? 0) + (1 - beta) * (gradient[i] ?? 0)
  }
  return next
}

/** The slices whose ballot was counted; none of a void round. */
export function countedSlices(settlement: Settlement, slices: readonly Slice[]): readonly Slice[] {
  if (settlement.kind === 'void') return []
  return slices.filter(({ index }) => settlement.counted[index])
}

/** Copies one slice of `from` to `to`. */
export function commitSlice(to: FloatVector, from: FloatVector, { start, end }: Slice): void {
  to.set(from.subarray(start, end), start)
}
