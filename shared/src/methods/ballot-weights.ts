import { withinBudget } from './budget.ts'
import type { MethodSettings } from './settings.ts'

/** What is wrong with the weights of one slice of a ballot. */
export type WeightFault = 'WITHOUT_WEIGHTS' | 'WITH_WEIGHTS' | 'OVER_BUDGET'

/**
 * What a method refuses in one slice of a ballot, null where nothing: owners and the coordinator
 * ask the same question, so that no owner is blamed for a ballot that it let pass. `weights`:
 * one 0..15 a block, or null; `units`: the slice's grid bytes, for methods that have them.
 *
 * EF-Vote weighs every block, within the loudness budget; ssdm's all-zero vector votes with
 * weights of 0; in the others every vote weighs the same. Those that send floats cast none.
 */
export function weightFault(
  method: MethodSettings,
  weights: Uint8Array | null,
  units: Uint8Array | null,
): WeightFault | null {
  switch (method.id) {
    case 'signsgd':
    case 'signsgd-mv':
    case 'signum-mv':
    case 'noisy-signsgd':
    case 'sto-sign':
    case 'z-sign-fedavg':
    case 'ef-signsgd':
    case 'mem-sgd':
    case 'sgd':
    case 'fedavg':
      return weights ? 'WITH_WEIGHTS' : null
    case 'ssdm':
      return weights?.some((weight) => weight > 1) ? 'OVER_BUDGET' : null
    case 'ef-vote':
      if (!weights) return 'WITHOUT_WEIGHTS'
      return units && withinBudget(weights, units, method) ? null : 'OVER_BUDGET'
  }
}
