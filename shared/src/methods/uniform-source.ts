import { DOMAINS, uniforms } from '../random/streams.ts'
import { signWordCount } from '../sign/pack.ts'
import type { ContributorTerms, SignWords } from './method.ts'

/** Fills `out` [d] with the uniforms on [0, 1) of a contributor's round. */
export type UniformSource = (out: Float64Array, terms: ContributorTerms) => void

/** The run's own chance: the stream at (run seed, round, contributor). */
export const runUniforms: UniformSource = (out, { runSeed: seed, round, contributor }) =>
  uniforms(out, { seed, domain: DOMAINS.stochasticSign, round, contributor })

/** s_i = +1 where u_i < p_i. */
export function drawSigns(probabilities: Float64Array, chance: Float64Array): SignWords {
  const words = new Uint32Array(signWordCount(probabilities.length))
  for (let i = 0; i < probabilities.length; i++) {
    const plus = Number((chance[i] ?? 1) < (probabilities[i] ?? 0))
    words[i >>> 5] = (words[i >>> 5] ?? 0) | (plus << i)
  }
  return words
}
