import { lineChart } from '../simulator/line-chart.ts'
import type { Experiment, Page } from './experiment.ts'
import type { Results } from './figures.ts'
import { sampleText } from './figures.ts'
import { blocks, picture, table } from './markdown.ts'
import { toyJob } from './toy-job.ts'
import { tailSample, toyCurve, valueText } from './toy-figures.ts'

const SEEDS = 3
const ROUNDS = 2000
const D = 100

const NOISES = {
  one: { title: 'N(0, 100²) on one coordinate', noise: 100, noisy: 1 },
  all: { title: 'N(0, 1) on every coordinate', noise: 1, noisy: D },
} as const
type Noise = keyof typeof NOISES

const ROWS = [
  { method: 'signsgd', rates: [0.03, 0.01, 0.003] },
  { method: 'sgd', rates: [0.01, 0.003, 0.001] },
] as const

function noiseJob(at: { noise: Noise; method: 'signsgd' | 'sgd'; rate: number }, seed: number) {
  const { noise, noisy } = NOISES[at.noise]
  return toyJob({
    problem: { kind: 'parabola', d: D, noise, noisy },
    method: { id: at.method },
    contributors: 1,
    seed,
    rounds: ROUNDS,
    learningRate: at.rate,
    schedule: { kind: 'constant' },
    average: { kind: 'last' },
    points: 50,
  })
}

const CASES = ROWS.flatMap(({ method, rates }) => rates.map((rate) => ({ method, rate })))

function page(results: Results): Page {
  const of = (noise: Noise, { method, rate }: (typeof CASES)[number]) => ({
    job: (seed: number) => noiseJob({ noise, method, rate }, seed),
    seeds: SEEDS,
  })
  const cell = (noise: Noise, each: (typeof CASES)[number]) =>
    sampleText(tailSample(results, of(noise, each)), valueText)
  return {
    text: blocks(
      `Bernstein and others' problem: f = ½‖x‖², d = ${D}, start N(0, 1), one contributor, constant γ, ${ROUNDS.toLocaleString('en')} rounds. The gradient is exact but for noise. f, mean over the last fifth of the rounds, three seeds:`,
      table(
        ['', NOISES.one.title, NOISES.all.title],
        CASES.map((each) => [
          `${each.method}, γ ${each.rate}`,
          cell('one', each),
          cell('all', each),
        ]),
      ),
      picture('g-noise', 'f by rounds of signSGD and SGD under both kinds of noise'),
      'To be read: f begins near 50. One coordinate with huge noise keeps SGD far from the minimum, because it steps by the noise; signSGD takes that one coordinate no further than its steps go, and learns the other 99. Where the noise is spread evenly each has a step that does well, and the best of SGD is a little better. Signs bound what any one coordinate can do.',
    ),
    charts: {
      'g-noise': lineChart(
        (['one', 'all'] as const).map((noise) => ({
          title: NOISES[noise].title,
          x: { title: 'rounds', scale: 'linear' as const },
          y: { title: 'f', scale: 'log' as const },
          lines: CASES.map((each) => ({
            label: `${each.method}, γ ${each.rate}`,
            points: toyCurve(results, of(noise, each)),
          })),
        })),
      ),
    },
  }
}

export const noise: Experiment = {
  id: 'g',
  name: 'noise',
  title: 'signSGD against SGD under noise',
  seeds: SEEDS,
  jobs: (seed) =>
    (['one', 'all'] as const).flatMap((kind) =>
      CASES.map((each) => noiseJob({ noise: kind, ...each }, seed)),
    ),
  page,
}
