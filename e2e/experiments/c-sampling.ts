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
import { mnistJob, OPEN, TRUSTED } from './mnist.ts'

const SEEDS = 3
const CROWD = 100
const ASKED = 10
const CHURNS = [0, 0.02] as const

interface SampledRow {
  readonly label: string
  readonly method: MethodInput
  readonly learningRate: number
  readonly localSteps?: number
}

const SAMPLED_ROWS: readonly SampledRow[] = [
  ...[1, 0.3, 0.1].map((learningRate) => ({
    label: 'sgd',
    method: { id: 'sgd' as const },
    learningRate,
  })),
  { label: 'fedavg, H = 5', method: { id: 'fedavg' }, learningRate: 0.3, localSteps: 5 },
  {
    label: 'ef-vote, κ 4, no budget, β .95',
    method: { id: 'ef-vote', kappa: 4, tau: null, beta: 0.95 },
    learningRate: 2e-3,
  },
  {
    label: 'ef-vote, open (κ 4, τ 2), β .95',
    method: { ...OPEN, beta: 0.95 },
    learningRate: 2e-3,
  },
  {
    label: 'ef-vote, trusted (κ 8), β .95',
    method: { ...TRUSTED, beta: 0.95 },
    learningRate: 2e-3,
  },
  {
    label: 'ef-vote, no budget, β .95, H = 5',
    method: { id: 'ef-vote', kappa: 4, tau: null, beta: 0.95 },
    learningRate: 2e-3,
    localSteps: 5,
  },
  { label: 'signsgd-mv', method: { id: 'signsgd-mv' }, learningRate: 3e-3 },
  { label: 'ssdm', method: { id: 'ssdm' }, learningRate: 0.03 },
]

function sampledJob(row: SampledRow, churn: number, seed: number) {
  return mnistJob({
    method: row.method,
    learningRate: row.learningRate,
    seed,
    run: { localSteps: row.localSteps ?? 1, shards: CROWD },
    crowd: { contributors: CROWD, sample: ASKED, churn },
  })
}

function page(results: Results): Page {
  const of = (row: SampledRow, churn: number) => ({
    job: (seed: number) => sampledJob(row, churn, seed),
    seeds: SEEDS,
  })
  const sample = (row: SampledRow, churn: number) => sampleOf(results, of(row, churn))
  const rows = SAMPLED_ROWS.map((row) => [
    row.label,
    String(row.learningRate),
    ...CHURNS.map((churn) => sampleText(sample(row, churn))),
  ])
  const churn = CHURNS[1]
  const named = (label: string) =>
    accuracyText(
      Math.max(
        ...SAMPLED_ROWS.filter((row) => row.label.startsWith(label)).map(
          (row) => meanOf(sample(row, churn)) ?? NaN,
        ),
      ),
    )
  return {
    text: blocks(
      `${CROWD} contributors with a shard each of the data sorted by label (one digit, some two); ${ASKED} drawn ones are asked in every round, 400 rounds. "2 %": before each round every contributor leaves with that probability, with all it owes and remembers, and someone new takes its data. Local steps are of .1. Final accuracy.`,
      table(['method', 'γ', 'nobody leaves', '2 % leave a round'], rows),
      picture('c-sampling', 'Accuracy by rounds with 10 of 100 contributors asked and 2 % churn'),
      readingOf(
        SAMPLED_ROWS.map((row) => sample(row, churn)),
        () =>
          `with churn the best EF-Vote here has ${named('ef-vote')}, SGD and FedAvg at most ${accuracyText(Math.max(Number(named('sgd')), Number(named('fedavg'))))}, signsgd-mv ${named('signsgd-mv')} and SSDM ${named('ssdm')}. A contributor is asked every tenth round, so that what it owes is old when it is asked again; where nobody leaves, SGD with a step of .3 and FedAvg do better as well. SGD and FedAvg keep nothing, so that leaving changes nothing for them; what is hard for SGD is that ten drawn shards are seldom all digits, so that a step of 1, the best where all ten digits take part, is too long.`,
      ),
    ),
    charts: {
      'c-sampling': lineChart(
        CHURNS.map((each) => ({
          title: each === 0 ? 'nobody leaves' : '2 % leave a round',
          x: { title: 'rounds', scale: 'linear' as const },
          y: { title: 'accuracy', scale: 'linear' as const, ends: [0, 1] as const },
          lines: SAMPLED_ROWS.map((row) => ({
            label: row.label === 'sgd' ? `sgd, γ ${row.learningRate}` : row.label,
            points: meanCurve(simulationsOf(results, of(row, each).job, SEEDS), ([round]) => round),
          })),
        })),
      ),
    },
  }
}

export const sampling: Experiment = {
  id: 'c',
  name: 'sampling',
  title: 'Ten of a hundred a round, with churn',
  seeds: SEEDS,
  jobs: (seed) =>
    [...CHURNS]
      .reverse()
      .flatMap((churn) => SAMPLED_ROWS.map((row) => sampledJob(row, churn, seed))),
  page,
}
