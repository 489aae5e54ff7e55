import { DOMAINS, gaussians, uniforms } from '../random/streams.ts'
import { packSigns } from '../sign/pack.ts'
import { zeroRuleOf } from './majority.ts'
import type { VotingMethod } from './method.ts'
import type { MethodSettings } from './settings.ts'
import { voteSum } from './vote-sum.ts'

type Settings = Extract<MethodSettings, { id: 'z-sign-fedavg' }>

/** η of E[sign(Δ + σξ)] ≈ Δ/(ησ): 1 for uniform noise, √(π/2) for Gaussian. */
const ETA = { uniform: 1, gaussian: Math.sqrt(Math.PI / 2) } as const

/**
 * Noised signs of the displacement Δ = (x_t − x_n)/γ_local of local steps, and the mean vote as
 * step: s = sign(Δ + σξ), ξ uniform on [−1, 1) or Gaussian; x −= γ·η·σ·tally/P. No contributor state.
 *
 * Source: Tang et al. 2023, arXiv 2302.02589.
 */
export function zSign(settings: Settings): VotingMethod {
  const { distribution, sigma } = settings
  return {
    kind: 'votes',
    weighted: false,
    contributor: {
      init: () => null,
      cast(_state, displacement, terms) {
        const { runSeed: seed, round, contributor } = terms
        const noised = new Float64Array(displacement.length)
        const place = { seed, domain: DOMAINS.noise, round, contributor }
        if (distribution === 'gaussian') gaussians(noised, place)
        else uniforms(noised, place)
        for (let i = 0; i < noised.length; i++) {
          const drawn = noised[i] ?? 0
          const xi = distribution === 'gaussian' ? drawn : 2 * drawn - 1
          noised[i] = (displacement[i] ?? 0) + sigma * xi
        }
        const signs = packSigns(noised, zeroRuleOf(settings.zeroRule, terms))
        return { sent: { kind: 'ballot', signs, weights: null }, pending: null }
      },
      settle: () => {},
      loudness: () => null,
    },
    coordinator: voteSum(ETA[distribution] * sigma),
  }
}
