import { lineChart } from '../simulator/line-chart.ts'
import type { Experiment, Page } from './experiment.ts'
import type { Results } from './figures.ts'
import { sampleText } from './figures.ts'
import { blocks, picture, table } from './markdown.ts'
import type { MethodInput } from './mnist.ts'
import { toyJob } from './toy-job.ts'
import { toyCurve, toySample, valueText } from './toy-figures.ts'

const SEEDS = 3
const RECORDS = 10_000
const ROUNDS = 20_000
/** a = d/k, as in the paper's experiments; γ_t = γ·a/(t + a). */
const A = 98
const RATE = 100

const ROWS: readonly { readonly label: string; readonly method: MethodInput }[] = [
  { label: 'SGD', method: { id: 'sgd' } },
  { label: 'top 1 %, with memory', method: { id: 'mem-sgd', select: 'top' } },
  { label: 'drawn 1 %, with memory', method: { id: 'mem-sgd', select: 'random' } },
  { label: 'top 1 %, without', method: { id: 'mem-sgd', select: 'top', memory: false } },
  { label: 'drawn 1 %, without', method: { id: 'mem-sgd', select: 'random', memory: false } },
]

function memoryJob(method: MethodInput, seed: number) {
  return toyJob({
    problem: { kind: 'logistic', records: RECORDS, lambda: 1 / RECORDS },
    method,
    contributors: 1,
    seed,
    rounds: ROUNDS,
    learningRate: RATE,
    schedule: { kind: 'shifted', a: A },
    average: { kind: 'squares', a: A },
    points: 40,
  })
}

function page(results: Results): Page {
  const rows = ROWS.map(({ label, method }) => {
    const of = { job: (seed: number) => memoryJob(method, seed), seeds: SEEDS }
    const at = (share: number) => sampleText(toySample(results, of, share), valueText)
    return { label, of, cells: [at(0.25), at(0.5), at(1)] }
  })
  return {
    text: blocks(
      `Logistic regression, odd digits against even ones, on the first ${RECORDS.toLocaleString('en')} training images of MNIST scaled to length 1 (d = 784), λ = 1/n; one contributor, one drawn record a step, ${ROUNDS.toLocaleString('en')} steps. "1 %" is k = 8 coordinates. γ_t = γ·a/(t + a) with a = ${A} = d/k and γ = ${RATE} for all (of 100, 30, 10, 3 and 1 the best for SGD and for both choices with memory); f is taken at the mean of the x_t weighted by (t + a)². Mean of three seeds:`,
      table(
        ['f', 'after 5,000 steps', 'after 10,000', 'after 20,000'],
        rows.map(({ label, cells }) => [label, ...cells]),
      ),
      picture('f-memory', 'f by steps for SGD and Mem-SGD with and without memory'),
      'To be read: with memory a hundredth of the coordinates goes where SGD goes, the drawn ones only a little later. Without memory the top-k choice is stuck, and f even rises: the coordinates that are never the largest are never learnt, whatever the step. Drawn ones without memory are right on average, but a hundredth as far a step, and noisy; their own best step (γ = 30) brings them to .47 in as many steps. The weighted mean matters: the first steps are far too long (f above .7 is not drawn), and the weights (t + a)² forget them.',
    ),
    charts: {
      'f-memory': lineChart([
        {
          x: { title: 'steps', scale: 'linear' },
          y: { title: 'f at the weighted mean', scale: 'linear', ends: [0.2, 0.7] },
          lines: rows.map(({ label, of }) => ({ label, points: toyCurve(results, of) })),
        },
      ]),
    },
  }
}

export const memory: Experiment = {
  id: 'f',
  name: 'memory',
  title: 'Mem-SGD with and without memory',
  seeds: SEEDS,
  jobs: (seed) => ROWS.map(({ method }) => memoryJob(method, seed)),
  page,
}
