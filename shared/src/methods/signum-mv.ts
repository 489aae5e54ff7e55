import { combineAndSign } from './combine.ts'
import { majority, zeroRuleOf } from './majority.ts'
import type { TieRuleName } from './majority.ts'
import type { Ballot, ContributorHalf, FloatVector, VotingMethod } from './method.ts'
import { commitSlice, countedSlices, momentumStep } from './momentum.ts'
import type { MethodSettings } from './settings.ts'
import type { VectorShape } from './shape.ts'
import { zeros } from './shape.ts'

interface Momentum {
  /** m, [d], starts at 0. */
  readonly m: FloatVector
}

/**
 * Majority vote on the signs of momenta: m ← βm + (1−β)g; s = sign m.
 *
 * Source: Bernstein et al. 2018, arXiv 1802.04434, algorithm 2 with majority vote.
 */
export function signumMv(
  settings: Extract<MethodSettings, { id: 'signum-mv' }>,
  shape: VectorShape,
  tieRule: TieRuleName = settings.tieRule,
): VotingMethod {
  const contributor: ContributorHalf<Ballot, Momentum, Momentum> = {
    init: () => ({ m: zeros(shape) }),
    cast({ m }, gradient, terms) {
      const step = momentumStep(settings.beta, { m, gradient })
      const zero = zeroRuleOf(settings.zeroRule, terms)
      const { sum, signs } = combineAndSign(step, { zero, sizes: false }, shape)
      return { sent: { kind: 'ballot', signs, weights: null }, pending: { m: sum } }
    },
    settle(state, pending, settlement, { slices }) {
      for (const slice of countedSlices(settlement, slices)) commitSlice(state.m, pending.m, slice)
    },
    loudness: () => null,
  }
  return { kind: 'votes', weighted: false, contributor, coordinator: majority(tieRule) }
}
