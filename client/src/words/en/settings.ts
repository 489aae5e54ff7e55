import { sendsVectors } from '@quorate/shared/methods/settings'
import type { MethodSettings } from '@quorate/shared/methods/settings'
import { recountShareOf } from '@quorate/shared/run/settings'
import type { RunSettings } from '@quorate/shared/run/settings'
import { decimal, duration, integer, percent } from '../../format/format.ts'
import { create as words } from './create.ts'
import { methodFields } from './method-fields.ts'
import type { MethodField } from './method-fields.ts'

/** Each setting by its path, as the form names it, in the form's order. */
const labels: Readonly<Record<string, string>> = {
  name: words.name,
  dataSet: words.dataSet,
  purpose: words.purpose,
  rounds: words.roundCount,
  targetAccuracy: words.target,
  seed: words.seed,
  partition: words.partitionKind,
  'partition.alpha': words.alpha,
  'partition.exponent': words.exponent,
  shards: words.shards,
  model: words.modelKind,
  'model.kind': words.modelKind,
  'model.hidden': words.hidden,
  method: words.methodId,
  'method.id': words.methodId,
  ...methodLabels(),
  learningRate: words.learningRate,
  schedule: words.schedule,
  batch: words.batch,
  localSteps: words.localSteps,
  localLearningRate: words.localLearningRate,
  warmUpRounds: words.warmUp,
  weightDecay: words.weightDecay,
  block: words.block,
  minVoters: words.minVoters,
  groupSize: words.groupSize,
  recountShare: words.recountShare,
  minRoundMs: words.leastRound,
  ballotDeadlineMs: words.ballotDeadline,
  evaluateEvery: words.evaluateEvery,
}

/** The fields of all methods, by path. */
function methodLabels(): Record<string, string> {
  const fields: readonly MethodField[] = Object.values(methodFields).flat()
  return Object.fromEntries(fields.map(({ key, label }) => [`method.${key}`, label]))
}

const order = Object.keys(labels)

/** What the form calls the setting at `path`; the path itself where the form has none. */
export function settingLabel(path: string): string {
  return labels[path] ?? path
}

/** Paths in the order of the form, those that it does not know at the end. */
export function inFormOrder(paths: readonly string[]): string[] {
  const place = (path: string) => (path in labels ? order.indexOf(path) : order.length)
  return [...paths].sort((a, b) => place(a) - place(b))
}

/** All settings that matter in a run, as names and values of the form. */
export function settingsInWords(
  settings: RunSettings,
): (readonly [label: string, value: string])[] {
  const { name, purpose, dataSet, partition, model, method } = settings
  const { seed, rounds, targetAccuracy, shards, schedule, localSteps, ballotDeadlineMs } = settings
  const values: Record<string, string> = {
    ...{ name, dataSet, purpose: purpose || words.none },
    rounds: integer(rounds),
    targetAccuracy: targetAccuracy === null ? words.none : percent(targetAccuracy),
    seed: String(seed),
    partition: words.partitions[partition.kind],
    ...(partition.kind === 'dirichlet' ? { 'partition.alpha': decimal(partition.alpha) } : {}),
    ...(partition.kind === 'quantity' ? { 'partition.exponent': decimal(partition.exponent) } : {}),
    shards: integer(shards),
    'model.kind': words.models[model.kind],
    ...(model.kind === 'mlp' ? { 'model.hidden': model.hidden.join(', ') } : {}),
    'method.id': words.methods[method.id],
    ...methodInWords(method),
    learningRate: decimal(settings.learningRate),
    schedule: words.schedules[schedule],
    batch: integer(settings.batch),
    localSteps: integer(localSteps),
    ...(localSteps > 1 ? { localLearningRate: decimal(settings.localLearningRate) } : {}),
    warmUpRounds: integer(settings.warmUpRounds),
    weightDecay: decimal(settings.weightDecay),
    ...(sendsVectors(method)
      ? {}
      : {
          block: integer(settings.block),
          groupSize: integer(settings.groupSize),
          recountShare: percent(recountShareOf(settings)),
        }),
    minVoters: integer(settings.minVoters),
    minRoundMs: duration(settings.minRoundMs),
    ballotDeadlineMs: ballotDeadlineMs === null ? words.byMedian : duration(ballotDeadlineMs),
    evaluateEvery: integer(settings.evaluateEvery),
  }
  return inFormOrder(Object.keys(values)).map((path) => [settingLabel(path), values[path] ?? ''])
}

function methodInWords(method: MethodSettings): Record<string, string> {
  const own = method as unknown as Readonly<Record<string, unknown>>
  const said = (field: MethodField): string => {
    const value = own[field.key]
    if (field.kind === 'choice') return field.choices[String(value)] ?? ''
    if (field.kind === 'check') return value === true ? words.yes : words.no
    return typeof value === 'number' ? decimal(value) : words.none
  }
  return Object.fromEntries(
    methodFields[method.id].map((field) => [`method.${field.key}`, said(field)]),
  )
}
