import { DOMAINS, gaussians } from '../random/streams.ts'
import { noisedSigns } from '../sign/draw.ts'
import { packSigns } from '../sign/pack.ts'
import { zeroRuleOf } from './majority.ts'
import type { ContributorTerms, FloatVector, SignWords, VotingMethod } from './method.ts'
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
        const signs = noised(displacement, terms, settings)
        return { sent: { kind: 'ballot', signs, weights: null }, pending: null }
      },
      settle: () => {},
      loudness: () => null,
    },
    coordinator: voteSum(ETA[distribution] * sigma),
  }
}

/** s = sign(Δ + σξ) */
function noised(
  displacement: FloatVector,
  terms: ContributorTerms,
  { distribution, sigma, zeroRule }: Settings,
): SignWords {
  const { runSeed: seed, round, contributor } = terms
  const place = { seed, domain: DOMAINS.noise, round, contributor }
  const zero = zeroRuleOf(zeroRule, terms)
  if (distribution === 'uniform') return noisedSigns(displacement, { sigma, place, zero })
  const values = new Float64Array(displacement.length)
  gaussians(values, place)
  for (let i = 0; i < values.length; i++) {
    values[i] = (displacement[i] ?? 0) + sigma * (values[i] ?? 0)
  }
  return packSigns(values, zero)
}
