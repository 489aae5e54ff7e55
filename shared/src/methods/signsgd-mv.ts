import { packSigns } from '../sign/pack.ts'
import { majority, zeroRuleOf } from './majority.ts'
import type { TieRuleName } from './majority.ts'
import type { VotingMethod } from './method.ts'
import type { MethodSettings } from './settings.ts'

/**
 * Majority vote on the signs of gradients: s = sign g; no contributor state. With one contributor
 * it is signSGD, and nothing is ever tied.
 *
 * Source: Bernstein et al. 2018, arXiv 1802.04434, algorithm 3.
 */
export function signsgdMv(
  settings: Pick<Extract<MethodSettings, { id: 'signsgd-mv' }>, 'zeroRule'>,
  tieRule: TieRuleName,
): VotingMethod {
  return {
    kind: 'votes',
    weighted: false,
    contributor: {
      init: () => null,
      cast: (_state, gradient, terms) => ({
        sent: {
          kind: 'ballot',
          signs: packSigns(gradient, zeroRuleOf(settings.zeroRule, terms)),
          weights: null,
        },
        pending: null,
      }),
      settle: () => {},
      loudness: () => null,
    },
    coordinator: majority(tieRule),
  }
}
