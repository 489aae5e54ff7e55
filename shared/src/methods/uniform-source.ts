import { DOMAINS } from '../random/streams.ts'
import type { Odds } from '../sign/draw.ts'
import { drawSigns, probabilities, signsBelow } from '../sign/draw.ts'
import type { ContributorTerms, FloatVector, SignWords } from './method.ts'

/** Fills `out` [d] with the uniforms on [0, 1) of a contributor's round. */
export type UniformSource = (out: Float64Array, terms: ContributorTerms) => void

/** What is signed by chance: each value of a vector, by odds that cover it. */
interface Chances {
  readonly values: FloatVector
  readonly odds: readonly Odds[]
}

/**
 * Stochastic signs by the run's own chance, the stream at (run seed, round, contributor), or by
 * that of `source`, where there is one.
 */
export function drawRoundSigns(
  { values, odds }: Chances,
  terms: ContributorTerms,
  source: UniformSource | undefined,
): SignWords {
  const { runSeed: seed, round, contributor } = terms
  if (!source) {
    return drawSigns(values, odds, { seed, domain: DOMAINS.stochasticSign, round, contributor })
  }
  const chance = new Float64Array(values.length)
  source(chance, terms)
  return signsBelow(chance, probabilities(values, odds))
}
