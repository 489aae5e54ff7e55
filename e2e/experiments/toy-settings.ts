import { methodSettings } from '@quorate/shared/methods/settings'
import { z } from 'zod'

/** Functions small enough to be played by both halves of a method, without a run around them. */
const toyProblem = z.discriminatedUnion('kind', [
  /** Σ 100(x_{i+1} − x_i²)² + (1 − x_i)², with noise N(0, noise²) on every coordinate. */
  z.strictObject({
    kind: z.literal('rosenbrock'),
    d: z.int().min(2).max(1000),
    noise: z.number().min(0),
  }),
  /** ½‖x‖², with noise N(0, noise²) on the first `noisy` coordinates. */
  z.strictObject({
    kind: z.literal('parabola'),
    d: z.int().min(1).max(10_000),
    noise: z.number().min(0),
    noisy: z.int().min(0),
  }),
  /**
   * Mean of log(1 + exp(−y·aᵀx)) over the first `records` training images, a scaled to length 1, y
   * = +1 for odd digits, plus (lambda/2)‖x‖²; gradients are of one drawn record.
   */
  z.strictObject({
    kind: z.literal('logistic'),
    records: z.int().min(1),
    lambda: z.number().gt(0),
  }),
])
export type ToyProblem = z.infer<typeof toyProblem>

export const toySettings = z.strictObject({
  problem: toyProblem,
  method: methodSettings,
  contributors: z.int().min(1).max(1000),
  seed: z.int().min(0).max(0xffffffff),
  rounds: z.int().min(1).max(10_000_000),
  learningRate: z.number().gt(0),
  /** linear: to 5 % at the last round; shifted: γ·a/(t + a). */
  schedule: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('constant') }),
    z.strictObject({ kind: z.literal('linear') }),
    z.strictObject({ kind: z.literal('shifted'), a: z.number().gt(0) }),
  ]),
  /** Where f is looked at: the last x, or the mean of all x_t weighted by (t + a)². */
  average: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('last') }),
    z.strictObject({ kind: z.literal('squares'), a: z.number().gt(0) }),
  ]),
  /** Points of the curve besides the first. */
  points: z.int().min(1).max(1000),
})
export type ToySettings = z.infer<typeof toySettings>
