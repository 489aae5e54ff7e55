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
import { mnistJob, OPEN, PRESETS } from './mnist.ts'

const SEEDS = 3
const BURST_ERROR_BOUNDS = [10, 2] as const

const CLIPS = [2, 4] as const
/** Rows that the reading names and the chart shows. */
const TOLD_LABELS = [
  'ef-vote, open (κ 4, τ 2), K = 10',
  'ef-vote, open (κ 4, τ 2), K = 2',
  'ef-vote, open (κ 4, τ 2), K = 10, clip 4',
  'ef-vote, open, batch 1, no clip',
  'ef-vote, open, batch 1, clip 4',
]
/** Clipping is for what is rare in a contributor's gradients; a batch of one is loud at times. */
const SMALL_BATCHES = [8, 1] as const

interface BurstRow {
  readonly label: string
  readonly job: (bursts: boolean, seed: number) => ReturnType<typeof mnistJob>
}

/** Everybody's gradient is 1e4 times too large in one round of twenty. */
const BURSTS: readonly BurstRow[] = [
  ...BURST_ERROR_BOUNDS.flatMap((errorBound) =>
    PRESETS.map(({ label, method }) => ({
      label: `ef-vote, ${label}, K = ${errorBound}`,
      job: (bursts: boolean, seed: number) => burstJob({ ...method, errorBound }, { bursts, seed }),
    })),
  ),
  ...CLIPS.flatMap((clip) =>
    PRESETS.map(({ label, method }) => ({
      label: `ef-vote, ${label}, K = 10, clip ${clip}`,
      job: (bursts: boolean, seed: number) => burstJob({ ...method, clip }, { bursts, seed }),
    })),
  ),
  ...SMALL_BATCHES.flatMap((batch) =>
    [null, 4].map((clip) => ({
      label: `ef-vote, open, batch ${batch}, ${clip === null ? 'no clip' : `clip ${clip}`}`,
      job: (bursts: boolean, seed: number) =>
        burstJob(clip === null ? OPEN : { ...OPEN, clip }, { bursts, seed, batch }),
    })),
  ),
  {
    label: 'signsgd-mv',
    job: (bursts: boolean, seed: number) => burstJob({ id: 'signsgd-mv' }, { bursts, seed }),
  },
]

const TOLD = BURSTS.filter(({ label }) => TOLD_LABELS.includes(label))

function burstJob(
  method: MethodInput,
  { bursts, seed, batch = 32 }: { bursts: boolean; seed: number; batch?: number },
) {
  return mnistJob({
    method,
    learningRate: 3e-3,
    seed,
    run: { batch },
    crowd: bursts ? { adversaries: 1, attack: 'burst' } : {},
  })
}

function page(results: Results): Page {
  const of = ({ job }: BurstRow, burst: boolean) => ({
    job: (seed: number) => job(burst, seed),
    seeds: SEEDS,
  })
  const sample = (row: BurstRow, burst: boolean) => sampleOf(results, of(row, burst))
  const rows = BURSTS.map((row) => [
    row.label,
    sampleText(sample(row, false)),
    sampleText(sample(row, true)),
  ])
  const change = (row: BurstRow) =>
    `${row.label} goes from ${accuracyText(meanOf(sample(row, false)) ?? NaN)} to ${accuracyText(meanOf(sample(row, true)) ?? NaN)}`
  return {
    text: blocks(
      "Ten contributors, one digit each; nobody lies, but every contributor's gradient is 1e4 times too large in one round of twenty, each in another round. K bounds what EF-Vote lets a contributor be owed, in multiples of what it can say in a round (the default is 10). Clip scales a gradient down to so many times the median loudness of the contributor's own last nine ([why](../adr/0012-bursts-are-clipped.md)); runs made in the operator's form have 4, and so has the demo. Batch 32 where nothing else is said, γ .003, final accuracy.",
      table(['method', 'without bursts', 'with'], rows),
      picture('j-bursts', 'Accuracy by rounds with bursts of scale'),
      readingOf(
        BURSTS.flatMap((row) => [sample(row, false), sample(row, true)]),
        () =>
          `with bursts ${TOLD.map(change).join('; ')}. A burst leaves a debt of K rounds of full loudness, and while it is paid off the contributor says what its burst said; a smaller K forgets sooner, which helps the one preset and not the other. Clipped, a burst is hardly one: with batches of eight records and more neither the bursts nor the clip cost anything that shows; with batches of one, whose gradients are loud at times by themselves, the clip costs .02, and bursts without it many times that. Signs alone do not notice a scale, but do not learn this data either.`,
      ),
    ),
    charts: {
      'j-bursts': lineChart([
        {
          x: { title: 'rounds', scale: 'linear' },
          y: { title: 'accuracy with bursts', scale: 'linear', ends: [0, 1] },
          lines: TOLD.map((row) => ({
            label: row.label,
            points: meanCurve(simulationsOf(results, of(row, true).job, SEEDS), ([round]) => round),
          })),
        },
      ]),
    },
  }
}

export const bursts: Experiment = {
  id: 'j',
  name: 'bursts',
  title: 'Bursts of scale',
  seeds: SEEDS,
  jobs: (seed) => BURSTS.flatMap(({ job }) => [job(false, seed), job(true, seed)]),
  page,
}
