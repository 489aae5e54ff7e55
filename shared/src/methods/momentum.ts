import type { Slice } from '../tally/slices.ts'
import type { Combination } from './combine.ts'
import { combine } from './combine.ts'
import type { FloatVector, Settlement } from './method.ts'

interface MomentumAndGradient {
  /** [d] */
  readonly m: FloatVector
  /** [d] */
  readonly gradient: FloatVector
}

/** β·m + (1 − β)·g */
export function momentumStep(beta: number, { m, gradient }: MomentumAndGradient): Combination {
  return { a: beta, x: m, b: 1 - beta, y: gradient }
}

/** The same into `next` [d], which may be the gradient. */
export function nextMomentum(
  beta: number,
  from: MomentumAndGradient,
  next: FloatVector,
): FloatVector {
  return combine(momentumStep(beta, from), next)
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
