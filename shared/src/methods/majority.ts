import { roundCoins } from '../random/streams.ts'
import type { ZeroRule } from '../sign/pack.ts'
import { packSignsInto, signWordCount } from '../sign/pack.ts'
import type { ContributorTerms, CoordinatorHalf, RoundTerms } from './method.ts'
import { noState } from './saved-state.ts'

/** What settings call a rule for zeros and ties. */
export type RuleName = 'coin' | 'plus'

/** The sign of a contributor's zero: the coin at (run seed, round, contributor, coordinate). */
export function zeroRuleOf(rule: RuleName, terms: ContributorTerms): ZeroRule {
  return rule === 'plus' ? 'plus' : roundCoins(terms.runSeed, terms.round, terms.contributor)
}

/** The side of a tie: the coordinator's coin at (run seed, round, coordinate). */
export function tieRuleOf(rule: RuleName, terms: RoundTerms): ZeroRule {
  return rule === 'plus' ? 'plus' : roundCoins(terms.runSeed, terms.round, null)
}

/**
 * The coordinator half of every majority vote: verdict v = sign(tally), x −= γ·v. No state.
 *
 * Source: Bernstein et al. 2018, arXiv 1802.04434, algorithm 3.
 */
export function majority(tieRule: RuleName): CoordinatorHalf<null> {
  return {
    ...noState,
    calibrates: false,
    calibrate: () => null,
    units: () => null,
    decide(_state, tally, terms) {
      const signs = new Uint32Array(signWordCount(tally.d))
      const zero = tieRuleOf(tieRule, terms)
      for (const { slice, sums } of tally.slices) {
        if (terms.valid[slice.index]) packSignsInto(signs, slice.start, { values: sums, zero })
      }
      return {
        kind: 'signs',
        step: terms.learningRate,
        signs,
        valid: [...terms.valid],
        nextUnits: null,
      }
    },
  }
}
