import { runSettings } from '@quorate/shared/run/settings'
import { z } from 'zod'

/** How adversaries lie; what each does is in attack.ts. */
export const ATTACKS = ['flip', 'flip-loud', 'random', 'scale', 'burst', 'collude'] as const
export type Attack = (typeof ATTACKS)[number]

/** A run, and the crowd that trains it. */
export const simulationSettings = z
  .strictObject({
    run: runSettings,
    contributors: z.int().min(1).max(10_000),
    /** Contributors asked in each round; null = all of them. */
    sample: z.int().min(1).nullable().default(null),
    /** Probability, per contributor and round, that it leaves and someone new takes its data. */
    churn: z.number().min(0).max(1).default(0),
    /** Share of the contributors that lie. */
    adversaries: z.number().min(0).max(1).default(0),
    attack: z.enum(ATTACKS).default('flip'),
    /** Shard 0 is all records of this class, and the partition cuts the rest; null = no such class. */
    loneClass: z.int().min(0).max(255).nullable().default(null),
    /** No step where a vote is tied: the rule of the theory's counter-example, in no real run. */
    holdTies: z.boolean().default(false),
  })
  .refine(({ sample, contributors }) => sample === null || sample <= contributors, {
    message: 'at most as many as there are contributors',
    path: ['sample'],
  })
  .refine(({ run, contributors }) => run.method.id !== 'signsgd' || contributors === 1, {
    message: 'signsgd has one contributor',
    path: ['contributors'],
  })
  .refine(({ run, loneClass }) => loneClass === null || run.shards > 1, {
    message: 'a class of its own takes a shard of its own',
    path: ['run', 'shards'],
  })
export type SimulationSettings = z.infer<typeof simulationSettings>
