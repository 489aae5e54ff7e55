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
const STEPS = [1, 5, 20] as const
const PLACES = ['label', 'iid'] as const
type Place = (typeof PLACES)[number]

interface Row {
  readonly label: string
  readonly method: (steps: number) => MethodInput
  /** γ for 1, 5 and 20 steps. */
  readonly rates: Readonly<Record<(typeof STEPS)[number], number>>
}

const ROWS: readonly Row[] = [
  {
    label: 'sgd, fedavg',
    method: (steps) => ({ id: steps === 1 ? 'sgd' : 'fedavg' }),
    rates: { 1: 1, 5: 0.3, 20: 0.1 },
  },
  {
    label: 'ef-vote, κ 4, no budget',
    method: () => NO_BUDGET,
    rates: { 1: 0.01, 5: 0.01, 20: 0.01 },
  },
  { label: 'ef-vote, open (κ 4, τ 2)', method: () => OPEN, rates: { 1: 0.01, 5: 0.01, 20: 0.01 } },
  {
    label: 'signsgd-mv',
    method: () => ({ id: 'signsgd-mv' }),
    rates: { 1: 0.01, 5: 0.01, 20: 0.01 },
  },
]

function stepsJob(
  row: Row,
  { place, steps }: { place: Place; steps: (typeof STEPS)[number] },
  seed: number,
) {
  return mnistJob({
    method: row.method(steps),
    learningRate: row.rates[steps],
    seed,
    run: {
      rounds: ROUNDS,
      localSteps: steps,
      localLearningRate: 0.1,
      partition: { kind: place },
      evaluateEvery: 10,
    },
  })
}

const PLACE_TITLES = { label: 'one digit each', iid: 'iid' } as const
type Steps = (typeof STEPS)[number]

function page(results: Results): Page {
  const of = (row: Row, place: Place, steps: Steps) => ({
    job: (seed: number) => stepsJob(row, { place, steps }, seed),
    seeds: SEEDS,
  })
  const sample = (row: Row, place: Place, steps: Steps) => sampleOf(results, of(row, place, steps))
  const cells = PLACES.flatMap((place) => STEPS.map((steps) => ({ place, steps })))
  const rows = ROWS.map((row) => [
    `${row.label}; γ ${[...new Set(STEPS.map((steps) => row.rates[steps]))].join(', ')}`,
    ...cells.map(({ place, steps }) => sampleText(sample(row, place, steps))),
  ])
  const gains = (place: Place) =>
    ROWS.map((row) => {
      const at = (steps: Steps) => accuracyText(meanOf(sample(row, place, steps)) ?? NaN)
      return `${row.label} ${at(1)} to ${at(20)}`
    }).join('; ')
  return {
    text: blocks(
      `H local steps of .1 before a contributor votes or sends its displacement, ${ROUNDS} rounds: fewer than elsewhere, because twenty local steps cost twenty gradients. γ is of the round's step (for 1, 5 and 20 where it differs); for FedAvg, .1 is the plain mean of the contributors' models; for EF-Vote .01 did better with H = 1 than .006 and .003, and neither it nor signsgd-mv was tuned further. The budget hardly ever binds here, so that EF-Vote's rows are all but the same. One seed, final accuracy.`,
      table(
        ['method', ...cells.map(({ place, steps }) => `${PLACE_TITLES[place]}, H = ${steps}`)],
        rows,
      ),
      picture('d-local-steps', 'Accuracy by rounds for 1, 5 and 20 local steps, one digit each'),
      readingOf(
        ROWS.flatMap((row) => cells.map(({ place, steps }) => sample(row, place, steps))),
        () =>
          `from one local step to twenty, the same number of rounds brings on iid shards: ${gains('iid')}. With one digit each: ${gains('label')}. Local steps save rounds, and so bytes, where shards are alike; never gradients. On skewed shards each contributor walks towards its own digit, and the more it walks the less the displacements have in common.`,
      ),
    ),
    charts: {
      'd-local-steps': lineChart(
        STEPS.map((steps) => ({
          title: `H = ${steps}, one digit each`,
          x: { title: 'rounds', scale: 'linear' as const },
          y: { title: 'accuracy', scale: 'linear' as const, ends: [0, 1] as const },
          lines: ROWS.map((row) => ({
            label: row.label,
            points: meanCurve(
              simulationsOf(results, of(row, 'label', steps).job, SEEDS),
              ([round]) => round,
            ),
          })),
        })),
      ),
    },
  }
}

export const localSteps: Experiment = {
  id: 'd',
  name: 'local-steps',
  title: 'Local steps',
  seeds: SEEDS,
  jobs: (seed) =>
    STEPS.flatMap((steps) =>
      PLACES.flatMap((place) => ROWS.map((row) => stepsJob(row, { place, steps }, seed))),
    ),
  page,
}
