import type { ModelSpec } from '@quorate/shared/model/spec'
import { lineChart } from '../simulator/line-chart.ts'
import type { Experiment, Page } from './experiment.ts'
import type { Results } from './figures.ts'
import {
  accuracyText,
  meanCurve,
  meanOf,
  readingOf,
  sampleOf,
  sampleText,
  simulationsOf,
} from './figures.ts'
import { blocks, picture, table } from './markdown.ts'
import type { MethodInput } from './mnist.ts'
import { mnistJob, NO_BUDGET, OPEN } from './mnist.ts'

const SEEDS = 1
const ROUNDS = 100

interface Model {
  readonly label: string
  readonly spec: ModelSpec
  /** Bytes a round and contributor that dense floats take each way. */
  readonly parameters: string
}
const MODELS: readonly Model[] = [
  { label: 'LeNet-5', spec: { kind: 'lenet5' }, parameters: '61,706' },
  { label: 'MLP 784-629-10', spec: { kind: 'mlp', hidden: [629] }, parameters: '500,065' },
]

interface Row {
  readonly label: string
  readonly method: MethodInput
  /** Of LeNet-5 and of the MLP. */
  readonly rates: readonly (readonly [number, number])[]
}
const ROWS: readonly Row[] = [
  {
    label: 'sgd',
    method: { id: 'sgd' },
    rates: [
      [0.1, 0.3],
      [0.3, 1],
    ],
  },
  {
    label: 'ef-vote, κ 4, no budget',
    method: NO_BUDGET,
    rates: [
      [0.001, 0.001],
      [0.003, 0.003],
    ],
  },
  {
    label: 'ef-vote, open (κ 4, τ 2)',
    method: OPEN,
    rates: [
      [0.001, 0.001],
      [0.003, 0.003],
    ],
  },
]

function largeJob(at: { model: number; method: MethodInput; rate: number }, seed: number) {
  return mnistJob({
    method: at.method,
    learningRate: at.rate,
    seed,
    run: {
      model: MODELS[at.model]?.spec ?? { kind: 'softmax' },
      rounds: ROUNDS,
      evaluateEvery: 20,
    },
  })
}

/** All cases of one model, each with its step size. */
function casesOf(model: number) {
  return ROWS.flatMap(({ label, method, rates }) =>
    rates.map((pair) => {
      const rate = pair[model] ?? 0
      return {
        label: `${label}, γ ${rate}`,
        job: (seed: number) => largeJob({ model, method, rate }, seed),
      }
    }),
  )
}

/** The best accuracy of a method's cases, as text. */
function best(results: Results, model: number, method: string): string {
  const samples = casesOf(model)
    .filter(({ label }) => label.startsWith(method))
    .map(({ job }) => meanOf(sampleOf(results, { job, seeds: SEEDS })) ?? NaN)
  return accuracyText(Math.max(...samples))
}

function page(results: Results): Page {
  const parts = MODELS.map((model, at) => {
    const cases = casesOf(at)
    const rows = cases.map(({ label, job }) => {
      const [first] = simulationsOf(results, job, SEEDS)
      const [, , , up = 0, down = 0] = first?.curve.at(-1) ?? []
      const bytes = first ? ((up + down) / 1e6).toFixed(1) : '–'
      return [label, sampleText(sampleOf(results, { job, seeds: SEEDS })), bytes]
    })
    return blocks(
      `**${model.label}**, ${model.parameters} parameters:`,
      table(['method', 'accuracy', 'MB, all contributors'], rows),
    )
  })
  return {
    text: blocks(
      `Ten contributors, one digit each, batch 32, ${ROUNDS} rounds (a quarter of what the small model gets, for what a gradient costs), one seed, two step sizes each. Final accuracy on the test images, and all bytes up and down.`,
      ...parts,
      picture('h-larger-models', 'Accuracy by rounds of LeNet-5 and of the large MLP'),
      readingOf(
        MODELS.flatMap((_, at) =>
          casesOf(at).map(({ job }) => sampleOf(results, { job, seeds: SEEDS })),
        ),
        () =>
          `best of its step sizes, ${MODELS.map((model, at) => `${model.label}: SGD ${best(results, at, 'sgd')}, EF-Vote ${best(results, at, 'ef-vote')}`).join('; ')}, and EF-Vote takes about a thirtieth of the bytes. One seed, short runs and two step sizes, of which the larger did better for both: differences of a hundredth mean nothing here.`,
      ),
    ),
    charts: {
      'h-larger-models': lineChart(
        MODELS.map((model, at) => ({
          title: model.label,
          x: { title: 'rounds', scale: 'linear' as const },
          y: { title: 'accuracy', scale: 'linear' as const, ends: [0, 1] as const },
          lines: casesOf(at).map(({ label, job }) => ({
            label,
            points: meanCurve(simulationsOf(results, job, SEEDS), ([round]) => round),
          })),
        })),
      ),
    },
  }
}

export const largerModels: Experiment = {
  id: 'h',
  name: 'larger-models',
  title: 'LeNet-5, and half a million parameters',
  seeds: SEEDS,
  late: true,
  jobs: (seed) => MODELS.flatMap((_, at) => casesOf(at).map(({ job }) => job(seed))),
  page,
}
