import { roundCoins } from '../random/streams.ts'
import type { ZeroRule } from '../sign/pack.ts'
import { signWordCount } from '../sign/pack.ts'
import { packTallySigns } from '../tally/tally-signs.ts'
import type { MergedTally } from '../tally/tally.ts'
import type {
  ContributorTerms,
  CoordinatorHalf,
  CoordinatorTerms,
  RoundTerms,
  Verdict,
} from './method.ts'
import { noState, noUnits } from './saved-state.ts'

/** What settings call a rule for zeros and ties. */
export type RuleName = 'coin' | 'plus'
/** `hold`: no step at a tie; in simulations only. */
export type TieRuleName = RuleName | 'hold'

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
export function majority(tieRule: TieRuleName): CoordinatorHalf<MergedTally, null> {
  return {
    ...noState,
    ...noUnits,
    decide: (_state, tally, terms) =>
      tieRule === 'hold' ? holdingVerdict(tally, terms) : signVerdict(tally, terms, tieRule),
  }
}

function signVerdict(tally: MergedTally, terms: CoordinatorTerms, tieRule: RuleName): Verdict {
  const signs = new Uint32Array(signWordCount(tally.d))
  const zero = tieRuleOf(tieRule, terms)
  for (const part of tally.slices) {
    if (terms.valid[part.slice.index]) packTallySigns(signs, part, zero)
  }
  const { learningRate: step, valid } = terms
  return { kind: 'signs', step, signs, valid: [...valid], nextUnits: null }
}

/** The same where ties do not move: signs −1, 0, +1 are sums with a table of three steps. */
function holdingVerdict(tally: MergedTally, { learningRate, valid }: CoordinatorTerms): Verdict {
  const sums = new Int32Array(tally.d)
  for (const { slice, sums: part } of tally.slices) {
    part.forEach((sum, i) => {
      sums[slice.start + i] = Math.sign(sum)
    })
  }
  const tables = [Float32Array.of(-learningRate, 0, learningRate)]
  const tableOf = new Uint8Array(tally.slices.length)
  return { kind: 'sums', sums, tables, tableOf, valid: [...valid], nextUnits: null }
}
