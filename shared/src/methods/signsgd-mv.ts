import { packSigns } from '../sign/pack.ts'
import { majority, zeroRuleOf } from './majority.ts'
import type { Method } from './method.ts'
import type { MethodSettings } from './settings.ts'

/**
 * Majority vote on the signs of gradients: s = sign g; no contributor state.
 *
 * Source: Bernstein et al. 2018, arXiv 1802.04434, algorithm 3.
 */
export function signsgdMv(settings: Extract<MethodSettings, { id: 'signsgd-mv' }>): Method {
  return {
    weighted: false,
    contributor: {
      init: () => null,
      cast: (_state, gradient, terms) => ({
        ballot: { signs: packSigns(gradient, zeroRuleOf(settings.zeroRule, terms)), weights: null },
        pending: null,
      }),
      settle: () => {},
      loudness: () => null,
    },
    coordinator: majority(settings.tieRule),
  }
}
