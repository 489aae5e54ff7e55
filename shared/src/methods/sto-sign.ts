import type { Odds } from '../sign/draw.ts'
import { majority } from './majority.ts'
import type { TieRuleName } from './majority.ts'
import type { VotingMethod } from './method.ts'
import type { MethodSettings } from './settings.ts'
import type { UniformSource } from './uniform-source.ts'
import { drawRoundSigns } from './uniform-source.ts'

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
  return {
    kind: 'votes',
    weighted: false,
    contributor: {
      init: () => null,
      cast(_state, gradient, terms) {
        const odds = boundedOdds(gradient.length, settings.bound)
        const signs = drawRoundSigns({ values: gradient, odds }, terms, options.uniforms)
        return { sent: { kind: 'ballot', signs, weights: null }, pending: null }
      },
      settle: () => {},
      loudness: () => null,
    },
    coordinator: majority(options.tieRule ?? settings.tieRule),
  }
}

/** P(s_i = +1) = clip(½ + g_i/(2B), 0, 1) of all d coordinates. */
export function boundedOdds(d: number, bound: number): readonly Odds[] {
  return [{ start: 0, end: d, factor: 1, divisor: 2 * bound }]
}
