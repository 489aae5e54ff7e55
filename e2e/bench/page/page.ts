import { withCrowd } from '../browsers/crowd.ts'
import { mlpRun } from '../browsers/runs.ts'
import type { Section } from '../section.ts'
import { median } from '../timing.ts'
import { firstVisit } from './first-visit.ts'
import type { FirstVisit } from './first-visit.ts'

/** Each visit is a run of its own and takes some seconds. */
const MOST_VISITS = 5
const BEFORE_CLICK_BYTES = 120 * 1024

/** What a first visit downloads, to the byte of TCP's payload, and how long it takes to count. */
export const page: Section = {
  id: 'page',
  title: 'First visit: a browser without a cache opens the page of a run and joins',
  async run(bench) {
    const visits: FirstVisit[] = []
    await withCrowd(bench, async (crowd) => {
      const { coordinator } = crowd
      const { settings } = mlpRun({ hidden: 32, batch: 32, shards: 10 })
      for (let n = 0; n < Math.min(MOST_VISITS, bench.repeats); n++) {
        bench.progress(`visit ${n + 1}`)
        const run = await coordinator.startRun(settings)
        visits.push(await firstVisit(await crowd.browser(0), coordinator, run.id))
        await coordinator.post(`/api/runs/${run.id}/stop`)
      }
    })
    const of = (key: 'beforeClick' | 'toTraining' | 'clickToCountedMs') =>
      median(visits.map((visit) => visit[key]))
    const rows = [
      { what: 'bytes before the first click', value: of('beforeClick') },
      { what: 'bytes from there to the first counted ballot', value: of('toTraining') },
      { what: 'ms from the click to the first counted ballot', value: of('clickToCountedMs') },
    ]
    return {
      columns: [
        { key: 'what', title: 'what' },
        { key: 'value', title: 'median' },
      ],
      rows,
      reaches: [
        {
          what: 'before the first click',
          value: of('beforeClick') / 1024,
          bound: 'at most',
          wanted: BEFORE_CLICK_BYTES / 1024,
          unit: 'KiB',
        },
      ],
      notes: [
        `${visits.length} visits, each to a run of its own of 784-32-10 on ten shards; it trained on ${visits[0]?.backend}, the`,
        'fastest that it measured, which takes some of the time from the click. Bytes are those of',
        'files as they travel (compressed), their headers and the live feed, down the sockets.',
      ],
    }
  },
}
