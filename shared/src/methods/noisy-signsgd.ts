import { DOMAINS, gaussians } from '../random/streams.ts'
import { packSigns } from '../sign/pack.ts'
import { majority, zeroRuleOf } from './majority.ts'
import type { TieRuleName } from './majority.ts'
import type { VotingMethod } from './method.ts'
import type { MethodSettings } from './settings.ts'

type Settings = Extract<MethodSettings, { id: 'noisy-signsgd' }>

/**
 * Majority vote on the signs of noised gradients: s = sign(g + b·ξ), ξ ~ N(0, 1); no contributor
 * state.
 *
 * Source: Chen et al. 2019, arXiv 1906.01736.
 */
export function noisySignsgd(
  settings: Settings,
  tieRule: TieRuleName = settings.tieRule,
): VotingMethod {
  return {
    kind: 'votes',
    weighted: false,
    contributor: {
      init: () => null,
      cast(_state, gradient, terms) {
        const { runSeed: seed, round, contributor } = terms
        const noised = new Float64Array(gradient.length)
        gaussians(noised, { seed, domain: DOMAINS.noise, round, contributor })
        for (let i = 0; i < noised.length; i++) {
          noised[i] = (gradient[i] ?? 0) + settings.noise * (noised[i] ?? 0)
        }
        const signs = packSigns(noised, zeroRuleOf(settings.zeroRule, terms))
        return { sent: { kind: 'ballot', signs, weights: null }, pending: null }
      },
      settle: () => {},
      loudness: () => null,
    },
    coordinator: majority(tieRule),
  }
}
