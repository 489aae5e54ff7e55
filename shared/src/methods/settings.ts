import { z } from 'zod'

const zeroRule = z.enum(['coin', 'plus'])
const tieRule = z.enum(['coin', 'plus'])
const beta = z.number().min(0).lt(1)

/** The voting methods of METHODS.md that a run can use, each with its hyper-parameters. */
export const methodSettings = z.discriminatedUnion('id', [
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
      /** φ: a block's unit is at least this share of the mean loudness. */
      floor: z.number().min(0).max(1).default(0.05),
      zeroRule: zeroRule.default('coin'),
      tieRule: tieRule.default('coin'),
    })
    .refine(({ kappa, tau }) => unitCanGrow(kappa, tau), {
      message:
        'κ and τ are too tight: floor(τ·15/κ)·κ/15 must be at least 1.19, or the unit could never grow',
      path: ['tau'],
    }),
])
export type MethodSettings = z.infer<typeof methodSettings>
export type MethodId = MethodSettings['id']

/** W, the largest block weight. */
export const MAX_WEIGHT = 15

function unitCanGrow(kappa: number, tau: number | null): boolean {
  return tau === null || (Math.floor((tau * MAX_WEIGHT) / kappa) * kappa) / MAX_WEIGHT >= 1.19
}
