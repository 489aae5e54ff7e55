import { z } from 'zod'

const zeroRule = z.enum(['coin', 'plus'])
const tieRule = z.enum(['coin', 'plus'])
const beta = z.number().min(0).lt(1)

/** The methods of METHODS.md, each with its hyper-parameters. */
export const methodSettings = z.discriminatedUnion('id', [
  /** One contributor alone. */
  z.strictObject({ id: z.literal('signsgd'), zeroRule: zeroRule.default('coin') }),
  z.strictObject({
    id: z.literal('signsgd-mv'),
    zeroRule: zeroRule.default('coin'),
    tieRule: tieRule.default('coin'),
  }),
  z.strictObject({
    id: z.literal('signum-mv'),
    beta: beta.default(0.9),
    zeroRule: zeroRule.default('coin'),
    tieRule: tieRule.default('coin'),
  }),
  z.strictObject({
    id: z.literal('ssdm'),
    beta: beta.default(0.9),
    norm: z.enum(['l2', 'linf-block']).default('l2'),
  }),
  z.strictObject({
    id: z.literal('noisy-signsgd'),
    /** b, the standard deviation of what is added to the gradient. */
    noise: z.number().min(0).max(1e6).default(0.03),
    zeroRule: zeroRule.default('coin'),
    tieRule: tieRule.default('coin'),
  }),
  z.strictObject({
    id: z.literal('sto-sign'),
    /** B: a gradient of this size or more is signed for certain. */
    bound: z.number().gt(0).max(1e6).default(0.1),
    tieRule: tieRule.default('coin'),
  }),
  z.strictObject({
    id: z.literal('z-sign-fedavg'),
    /** Of the noise. */
    distribution: z.enum(['uniform', 'gaussian']).default('gaussian'),
    /** σ, the scale of the noise, and of the step. */
    sigma: z.number().gt(0).max(1e6).default(0.03),
    zeroRule: zeroRule.default('coin'),
  }),
  z.strictObject({
    id: z.literal('ef-signsgd'),
    /** The coordinator sends signs too, and owes what they leave out. */
    twoWay: z.boolean().default(false),
    zeroRule: zeroRule.default('coin'),
    tieRule: tieRule.default('coin'),
  }),
  z.strictObject({
    id: z.literal('mem-sgd'),
    /** The largest coordinates, or the same drawn ones for everybody. */
    select: z.enum(['top', 'random']).default('top'),
    /** k as a fraction of d; beyond half of them, all would be shorter. */
    share: z.number().gt(0).max(0.5).default(0.01),
    memory: z.boolean().default(true),
  }),
  z.strictObject({ id: z.literal('sgd') }),
  z.strictObject({ id: z.literal('fedavg') }),
  z
    .strictObject({
      id: z.literal('ef-vote'),
      beta: beta.default(0.9),
      /** How many times the median loudness a weight can express. */
      kappa: z.number().min(1).max(64).default(4),
      /** Loudness budget in times the typical contributor; null = no budget. */
      tau: z.number().min(1).max(64).nullable().default(2),
      /** Bound on the owed error, in multiples of W·unit. */
      errorBound: z.number().min(1).max(100).default(10),
      /**
       * A gradient more than so many times as loud as the median of the contributor's own last
       * nine is scaled down to that; none is where null or absent, which is METHODS.md's rule.
       */
      clip: z.number().min(1).max(100).nullish(),
      /** φ: a block's unit is at least this share of the mean loudness. */
      floor: z.number().min(0).max(1).default(0.05),
      zeroRule: zeroRule.default('coin'),
      tieRule: tieRule.default('coin'),
      /**
       * What comes down: the sign of the aggregated momentum, times γ; or the sign of the aggregate
       * itself with a step per block, its rounding owed by the coordinator (two-way; β unused).
       */
      down: z.enum(['sign', 'scaled']).default('sign'),
    })
    .refine(({ kappa, tau }) => unitCanGrow(kappa, tau), {
      message:
        'κ and τ are too tight: floor(τ·15/κ)·κ/15 must be at least 1.19, or the unit could never grow',
      path: ['tau'],
    }),
])
export type MethodSettings = z.infer<typeof methodSettings>
export type MethodId = MethodSettings['id']
const VECTOR_METHODS = ['ef-signsgd', 'mem-sgd', 'sgd', 'fedavg'] as const
/** Methods whose contributions are floats that the coordinator sums; the others cast ballots. */
export type VectorSettings = Extract<MethodSettings, { id: (typeof VECTOR_METHODS)[number] }>
export type VotingSettings = Exclude<MethodSettings, VectorSettings>

/** Whether a method's contributions are floats, which the coordinator sums itself. */
export function sendsVectors(settings: MethodSettings): settings is VectorSettings {
  return VECTOR_METHODS.some((id) => id === settings.id)
}

/** W, the largest block weight. */
export const MAX_WEIGHT = 15

function unitCanGrow(kappa: number, tau: number | null): boolean {
  return tau === null || (Math.floor((tau * MAX_WEIGHT) / kappa) * kappa) / MAX_WEIGHT >= 1.19
}
