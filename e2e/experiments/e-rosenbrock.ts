import { lineChart } from '../simulator/line-chart.ts'
import type { Experiment, Page } from './experiment.ts'
import type { Results } from './figures.ts'
import { toyCurve, toySample, valueText } from './toy-figures.ts'
import { sampleText } from './figures.ts'
import { blocks, picture, table } from './markdown.ts'
import { toyJob } from './toy-job.ts'

const SEEDS = 3
const VOTERS = [1, 3, 9, 31] as const
const NOISE = 20
const RATE = 0.01
const ROUNDS = 5000

function rosenbrockJob(contributors: number, seed: number) {
  return toyJob({
    problem: { kind: 'rosenbrock', d: 10, noise: NOISE },
    method: { id: 'signsgd-mv' },
    contributors,
    seed,
    rounds: ROUNDS,
    learningRate: RATE,
    schedule: { kind: 'linear' },
    average: { kind: 'last' },
    points: 50,
  })
}

function page(results: Results): Page {
  const rows = VOTERS.map((contributors) => {
    const of = { job: (seed: number) => rosenbrockJob(contributors, seed), seeds: SEEDS }
    const at = (share: number) => sampleText(toySample(results, of, share), valueText)
    return { contributors, of, cells: [at(0.2), at(0.6), at(1)] }
  })
  const lines = rows.map(({ contributors, of }) => ({
    label: `M = ${contributors}`,
    points: toyCurve(results, of),
  }))
  return {
    text: blocks(
      `Rosenbrock's function in ten dimensions, Σ 100(x\\_{i+1} − x_i²)² + (1 − x_i)², from −1.2, 1, −1.2, …; every contributor's gradient has its own noise N(0, ${NOISE}²) on each coordinate, which is many times the slope of the valley's floor. Majority vote (\`signsgd-mv\`), γ = ${RATE} with linear decay (the best of .01, .003 and .001, the largest), ${ROUNDS} rounds. f, mean of three seeds:`,
      table(
        ['voters', 'after 1,000 rounds', 'after 3,000', 'after 5,000'],
        rows.map(({ contributors, cells }) => [`M = ${contributors}`, ...cells]),
      ),
      picture('e-rosenbrock', 'f by rounds for 1, 3, 9 and 31 voters'),
      'To be read: more voters are right about the sign more often, and the same number of rounds goes further. The step has the same length whoever votes: a majority buys a better direction, not a longer step. The noise here is symmetric and everybody has the same f. Neither holds on partitioned data, where a majority of other voters is a majority for something else ([a](a-partitions.md)).',
    ),
    charts: {
      'e-rosenbrock': lineChart([
        {
          x: { title: 'rounds', scale: 'linear' },
          y: { title: 'f', scale: 'log' },
          lines,
        },
      ]),
    },
  }
}

export const rosenbrock: Experiment = {
  id: 'e',
  name: 'rosenbrock',
  title: "Majority vote on Rosenbrock's function with noise",
  seeds: SEEDS,
  jobs: (seed) => VOTERS.map((contributors) => rosenbrockJob(contributors, seed)),
  page,
}
