import { lineChart } from '../simulator/line-chart.ts'
import type { Experiment, Page } from './experiment.ts'
import type { Results } from './figures.ts'
import { accuracyText, meanCurve, readingOf, sampleOf, simulationsOf } from './figures.ts'
import { blocks, picture } from './markdown.ts'
import { mnistJob } from './mnist.ts'

const ROUNDS = 5000

/** SSDM, one digit each, for as long as it takes to see where it goes. */
function longJob(seed: number) {
  return mnistJob({
    method: { id: 'ssdm' },
    learningRate: 0.03,
    seed,
    run: { rounds: ROUNDS, evaluateEvery: 250 },
  })
}

function page(results: Results): Page {
  const simulations = simulationsOf(results, longJob, 1)
  const [, half = NaN] = simulations[0]?.curve.find(([round]) => round >= ROUNDS / 2) ?? []
  return {
    text: blocks(
      `SSDM as published (β .9, norm ‖m‖₂ over the whole vector), γ .03, one digit each, ${ROUNDS.toLocaleString('en')} rounds: twelve times as many as elsewhere; one seed.`,
      picture('k-long-ssdm', 'Accuracy of SSDM by rounds'),
      readingOf(
        [sampleOf(results, { job: longJob, seeds: 1 })],
        () =>
          `${accuracyText(half)} after half of the rounds, ${accuracyText(simulations[0]?.finalAccuracy ?? NaN)} at the end. The corrected theorem (version 6 of the paper, June 2026) promises convergence for homogeneous data only: E[s] = m/‖m‖ weighs every contributor the same, whatever the size of its gradient, and the point of rest is where those unit vectors cancel, not where the gradients do. How long it takes is a second matter, and one run with a falling step does not tell the two apart: at d = 25,450 a coordinate's vote is a coin with a bias of about ½·|m_i|/‖m‖, of the order of 1/√d. The variant \`linf-block\` of [a](a-partitions.md) has a larger bias, and no theorem of its own.`,
      ),
    ),
    charts: {
      'k-long-ssdm': lineChart([
        {
          x: { title: 'rounds', scale: 'linear' },
          y: { title: 'accuracy', scale: 'linear', ends: [0, 1] },
          lines: [
            { label: 'ssdm, one digit each', points: meanCurve(simulations, ([round]) => round) },
          ],
        },
      ]),
    },
  }
}

export const longSsdm: Experiment = {
  id: 'k',
  name: 'long-ssdm',
  title: 'SSDM, for long',
  seeds: 1,
  late: true,
  jobs: (seed) => [longJob(seed)],
  page,
}
