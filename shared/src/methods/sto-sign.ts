import { majority } from './majority.ts'
import type { TieRuleName } from './majority.ts'
import type { FloatVector, VotingMethod } from './method.ts'
import type { MethodSettings } from './settings.ts'
import type { UniformSource } from './uniform-source.ts'
import { drawSigns, runUniforms } from './uniform-source.ts'

type Settings = Extract<MethodSettings, { id: 'sto-sign' }>

interface StoSignOptions {
  readonly tieRule?: TieRuleName | undefined
  readonly uniforms?: UniformSource | undefined
}

/**
 * Majority vote on stochastic signs of a common scale B: P(s_i = +1) = clip(½ + g_i/(2B), 0, 1);
 * no contributor state.
 *
 * Source: Jin et al. 2020, arXiv 2002.10940.
 */
export function stoSign(settings: Settings, options: StoSignOptions = {}): VotingMethod {
  const source = options.uniforms ?? runUniforms
  return {
    kind: 'votes',
    weighted: false,
    contributor: {
      init: () => null,
      cast(_state, gradient, terms) {
        const chance = new Float64Array(gradient.length)
        source(chance, terms)
        const signs = drawSigns(clippedProbabilities(gradient, settings.bound), chance)
        return { sent: { kind: 'ballot', signs, weights: null }, pending: null }
      },
      settle: () => {},
      loudness: () => null,
    },
    coordinator: majority(options.tieRule ?? settings.tieRule),
  }
}

/** P(s_i = +1) = clip(½ + g_i/(2B), 0, 1), [d]. */
export function clippedProbabilities(gradient: FloatVector, bound: number): Float64Array {
  const probabilities = new Float64Array(gradient.length)
  for (let i = 0; i < probabilities.length; i++) {
    const p = 0.5 + (gradient[i] ?? 0) / (2 * bound)
    probabilities[i] = Math.max(0, Math.min(1, p))
  }
  return probabilities
}
