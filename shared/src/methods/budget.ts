import { gridValue } from './grid.ts'
import { MAX_WEIGHT } from './settings.ts'

/** The loudness budget of a run: how loud a ballot may be, in times the typical contributor. */
export interface LoudnessBudget {
  /** κ: how many times the median loudness the largest weight expresses. */
  readonly kappa: number
  /** τ; null = no budget. */
  readonly tau: number | null
}

/** Relative excess that an honest ballot may have for want of the last bits. */
const TOLERANCE = 1e-6

/** Loudness of a slice's weights, L = Σ w_b·unit_b, and the most that is allowed. */
function loudnessOf(
  weights: Uint8Array,
  units: Uint8Array,
  budget: LoudnessBudget,
): { loudness: number; limit: number } {
  let loudness = 0
  let unitSum = 0
  for (let b = 0; b < units.length; b++) {
    const unit = gridValue(units[b] ?? 0)
    loudness += (weights[b] ?? 0) * unit
    unitSum += unit
  }
  const { kappa, tau } = budget
  return { loudness, limit: tau === null ? Infinity : ((tau * MAX_WEIGHT) / kappa) * unitSum }
}

/**
 * Whether one slice of a ballot keeps to the budget: Σ_b w_b·unit_b ≤ (τW/κ)·Σ_b unit_b, up to
 * 1e-6. `weights` (0..15) and `units` (grid bytes) are the slice's, one a block.
 *
 * Source: METHODS.md, EF-Vote.
 */
export function withinBudget(
  weights: Uint8Array,
  units: Uint8Array,
  budget: LoudnessBudget,
): boolean {
  const { loudness, limit } = loudnessOf(weights, units, budget)
  return loudness <= limit * (1 + TOLERANCE)
}

/**
 * Lowers the weights of one slice, in place, to the budget: where L exceeds the limit,
 * w_b ← floor(w_b·(limit/L)).
 */
export function applyBudget(weights: Uint8Array, units: Uint8Array, budget: LoudnessBudget): void {
  const { loudness, limit } = loudnessOf(weights, units, budget)
  if (loudness <= limit) return
  const factor = limit / loudness
  for (let b = 0; b < weights.length; b++) weights[b] = Math.floor((weights[b] ?? 0) * factor)
}
