import type { Generator } from '../random/generator.ts'

/**
 * The logarithm of a draw from Gamma(shape, 1), shape > 0: for small shapes most draws are too
 * small for a double.
 *
 * Source: Marsaglia & Tsang 2000, "A simple method for generating gamma variables"; below shape
 * 1 by their boost, Gamma(a) = Gamma(a + 1)·U^(1/a).
 */
export function logGamma(shape: number, chance: Generator): number {
  if (shape < 1) {
    return logGamma(shape + 1, chance) + Math.log(1 - chance.uniform()) / shape
  }
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = chance.normal()
    const v = (1 + c * x) ** 3
    const u = 1 - chance.uniform()
    if (v > 0 && Math.log(u) < 0.5 * x * x + d - d * v + d * Math.log(v)) return Math.log(d * v)
  }
}

/** Shares of a symmetric Dirichlet distribution of concentration `alpha`, up to a common factor. */
export function dirichletShares(alpha: number, count: number, chance: Generator): number[] {
  const logs = Array.from({ length: count }, () => logGamma(alpha, chance))
  const largest = Math.max(...logs)
  return logs.map((log) => Math.exp(log - largest))
}
