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
import { mnistJob, OPEN } from './mnist.ts'

const SEEDS = 3
const CROWD = 20
/** The digit that one of twenty holds alone. */
const LONE_CLASS = 8
/** Accuracy on the digit from which its holder is said to be heard. */
const HEARD = 0.5

interface Listener {
  readonly label: string
  readonly method: MethodInput
  readonly learningRate: number
}

const LISTENERS: readonly Listener[] = [
  { label: 'sgd', method: { id: 'sgd' }, learningRate: 1 },
  ...[2, 4, 8, 16].map((kappa) => ({
    label: `ef-vote, κ ${kappa}, no budget`,
    method: { id: 'ef-vote' as const, kappa, tau: null },
    learningRate: 3e-3,
  })),
  { label: 'ef-vote, κ 4, τ 2 (open)', method: OPEN, learningRate: 3e-3 },
  {
    label: 'ef-vote, κ 8, τ 2',
    method: { id: 'ef-vote', kappa: 8, tau: 2 },
    learningRate: 3e-3,
  },
  {
    label: 'ef-vote, κ 16, τ 6',
    method: { id: 'ef-vote', kappa: 16, tau: 6 },
    learningRate: 3e-3,
  },
  ...[8, 16].map((kappa) => ({
    label: `ef-vote, κ ${kappa}, no budget, clip 4`,
    method: { id: 'ef-vote' as const, kappa, tau: null, clip: 4 },
    learningRate: 3e-3,
  })),
  { label: 'signsgd-mv', method: { id: 'signsgd-mv' }, learningRate: 3e-3 },
]
/** Of those who are held against liars: a majority vote has page b, and what one liar does to dense SGD needs no table. */
const HELD = LISTENERS.filter(({ method }) => method.id === 'ef-vote')
const LIARS = 0.2

function loneJob({ method, learningRate }: Listener, seed: number) {
  return mnistJob({
    method,
    learningRate,
    seed,
    run: { partition: { kind: 'iid' }, shards: CROWD, evaluateEvery: 40 },
    crowd: { contributors: CROWD, loneClass: LONE_CLASS },
  })
}

/** The same crowd with iid shards of all digits, and four of it negating their votes, loudly. */
function liarsJob({ method, learningRate }: Listener, seed: number) {
  return mnistJob({
    method,
    learningRate,
    seed,
    run: { partition: { kind: 'iid' }, shards: CROWD, evaluateEvery: 40 },
    crowd: { contributors: CROWD, adversaries: LIARS, attack: 'flip-loud' },
  })
}

function page(results: Results): Page {
  const of = (listener: Listener) => ({
    job: (seed: number) => loneJob(listener, seed),
    seeds: SEEDS,
  })
  const onClass = (listener: Listener) =>
    sampleOf(results, of(listener), ({ classAccuracy }) => classAccuracy[LONE_CLASS] ?? 0)
  const withLiars = (listener: Listener) =>
    sampleOf(results, { job: (seed) => liarsJob(listener, seed), seeds: SEEDS })
  const rows = LISTENERS.map((listener) => [
    listener.label,
    String(listener.learningRate),
    sampleText(onClass(listener)),
    sampleText(sampleOf(results, of(listener))),
    HELD.includes(listener) ? sampleText(withLiars(listener)) : '',
  ])
  const list = (heard: boolean) =>
    LISTENERS.filter((listener) => (meanOf(onClass(listener)) ?? 0) >= HEARD === heard)
      .map((listener) => `${listener.label} (${accuracyText(meanOf(onClass(listener)) ?? NaN)})`)
      .join('; ') || 'none'
  return {
    text: blocks(
      `${CROWD} contributors: one has all of digit ${LONE_CLASS} and nothing else, the others have iid shards of the rest. 400 rounds. Accuracy on the test images of that digit, and on all. The last column is another simulation, for what the same rule does against liars: iid shards of all digits, and ${LIARS * CROWD} of the ${CROWD} cast the opposite of their vote as loudly as the rule lets them; majority and SGD have no such column.`,
      table(
        ['method', 'γ', `on digit ${LONE_CLASS}`, 'on all', `${LIARS * CROWD} loud liars instead`],
        rows,
      ),
      picture('i-lone-class', 'Accuracy by rounds on all digits'),
      readingOf(
        [...LISTENERS.map(onClass), ...HELD.map(withLiars)],
        () =>
          `heard (${accuracyText(HEARD)} or more on the digit): ${list(true)}. Not heard: ${list(false)}. EF-Vote clips a contributor at κ times the typical loudness, and at τ times with the budget; what one says against nineteen who have never seen the digit has to fit into that. With κ 16 and no budget the lone holder speaks about five times as loudly as the typical contributor to the last round, and louder in the first (seed 1): that is what balancing nineteen takes, and not a burst that could be spread over time. A budget that lets it through lets every liar be as loud. No rule that sees only ballots can tell the two apart; who knows the shards can, by recomputing what a contributor must have seen. With κ 4 it hangs on the seed; an independent reference had .05 there, .81 with κ 8, .87 with κ 16 and .83 with SGD. A clip by one's own history leaves the lone holder as loud as it was. An operator who invites contributors and has rare classes takes a large κ without a budget; one with strangers gives rare classes to several contributors, or goes without them.`,
      ),
    ),
    charts: {
      'i-lone-class': lineChart([
        {
          x: { title: 'rounds', scale: 'linear' },
          y: { title: 'accuracy on all digits', scale: 'linear', ends: [0.5, 1] },
          lines: LISTENERS.map((listener) => ({
            label: listener.label,
            points: meanCurve(simulationsOf(results, of(listener).job, SEEDS), ([round]) => round),
          })),
        },
      ]),
    },
  }
}

export const loneClass: Experiment = {
  id: 'i',
  name: 'lone-class',
  title: 'A class that one contributor holds alone',
  seeds: SEEDS,
  jobs: (seed) => [
    ...LISTENERS.map((listener) => loneJob(listener, seed)),
    ...HELD.map((listener) => liarsJob(listener, seed)),
  ],
  page,
}
