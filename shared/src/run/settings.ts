import { z } from 'zod'
import { methodSettings } from '../methods/settings.ts'
import { usualMethod } from '../methods/usual.ts'
import { modelSpec } from '../model/spec.ts'
import { partitionSettings } from '../partition/settings.ts'

/** Contributors in a group. */
export const MAX_GROUP = 32

/**
 * Everything that makes a run what it is. Runs that exist are read with this, since a rule between
 * two settings may be younger than they are.
 */
export const keptSettings = z.strictObject({
  name: z.string().trim().min(1).max(80),
  /** What the volunteer is told this trains, in a sentence. */
  purpose: z.string().trim().max(280).default(''),
  dataSet: z.string().regex(/^[a-z0-9-]{1,40}$/),
  seed: z.int().min(0).max(0xffffffff),
  rounds: z.int().min(1).max(1_000_000),
  model: modelSpec,
  method: methodSettings,
  partition: partitionSettings,
  shards: z.int().min(1).max(10_000),
  /** Contributors that exchange ballots with each other, K. */
  groupSize: z.int().min(1).max(MAX_GROUP).default(8),
  /** Share of the slices that the coordinator counts again by chance; absent = .01. */
  recountShare: z.number().min(0).max(1).nullish(),
  /** Records per contributor and local step. */
  batch: z.int().min(1).max(1024).default(32),
  localSteps: z.int().min(1).max(100).default(1),
  /** Step of the local SGD where localSteps > 1. */
  localLearningRate: z.number().gt(0).max(100).default(0.1),
  learningRate: z.number().gt(0).max(100),
  schedule: z.enum(['linear', 'constant', 'cosine']).default('linear'),
  warmUpRounds: z.int().min(0).max(100_000).default(0),
  weightDecay: z.number().min(0).max(1).default(0),
  block: z.union([z.literal(64), z.literal(256)]).default(256),
  minVoters: z.int().min(1).max(10_000).default(1),
  /** A round takes at least this long, so that people can watch. */
  minRoundMs: z.int().min(0).max(60_000).default(0),
  /** Fixed ballot deadline; null = 3 × the median of the last 20 rounds. */
  ballotDeadlineMs: z.int().min(200).max(600_000).nullable().default(null),
  /** Training stops when the test accuracy reaches this; null = never. */
  targetAccuracy: z.number().gt(0).max(1).nullable().default(null),
  /** Rounds between two evaluations on the test set. */
  evaluateEvery: z.int().min(1).max(10_000).default(10),
})

/** What the operator's form and the API take for a new run: `keptSettings`, with the rules between them. */
export const runSettings = keptSettings
  .refine(({ partition, shards }) => partition.kind !== 'shared' || shards === 1, {
    message: 'a shared partition has exactly one shard',
    path: ['shards'],
  })
  .refine(({ method, localSteps }) => method.id !== 'fedavg' || localSteps > 1, {
    message: 'FedAvg takes two local steps or more; with one it is SGD',
    path: ['localSteps'],
  })
  .refine(({ method, minVoters }) => method.id !== 'signsgd' || minVoters === 1, {
    message: 'signSGD has one contributor: a round cannot wait for more voters',
    path: ['minVoters'],
  })
  .refine(({ warmUpRounds, rounds }) => warmUpRounds <= rounds, {
    message: 'the warm-up cannot be longer than all rounds together',
    path: ['warmUpRounds'],
  })
export type RunSettings = z.infer<typeof runSettings>
/** What a person may leave out is filled with defaults. */
export type RunSettingsInput = z.input<typeof runSettings>

/** Where nothing else is set: a lie that owner and auditor share is found in a hundred on average. */
const USUAL_RECOUNT_SHARE = 0.01

/** Of the slices that owner and auditor agree on, how many are counted again, 0..1. */
export function recountShareOf({ recountShare }: Pick<RunSettings, 'recountShare'>): number {
  return recountShare ?? USUAL_RECOUNT_SHARE
}

/** The demo that `npm start` makes: one digit a shard, one volunteer is enough. */
export const demoSettings: RunSettingsInput = {
  name: 'Handwritten digits',
  purpose: 'A small network learns to read handwritten digits (MNIST).',
  dataSet: 'mnist',
  seed: 1,
  rounds: 2000,
  model: { kind: 'mlp', hidden: [32] },
  method: usualMethod('ef-vote'),
  partition: { kind: 'label' },
  shards: 10,
  batch: 32,
  learningRate: 0.003,
  minVoters: 1,
  minRoundMs: 250,
}
