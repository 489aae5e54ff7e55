/** What pages and their training workers mark, collected in one list on one clock. */
import type { BrowserContext } from '@playwright/test'

/** A mark of client/src/timeline. */
export interface Mark {
  /** Without the prefix: `opened`, `computed`, … */
  readonly name: string
  readonly round: number
  /** Since the Unix epoch: all browsers of one machine have the same. */
  readonly atMs: number
}

type Observed = typeof globalThis & { quorateMarks?: Mark[] }

/** Marks that one page or worker keeps, the oldest are dropped. */
const MAX_MARKS = 20_000

/** Listens in all pages of the context from their first line on, and in their workers. */
export async function observeMarks(context: BrowserContext): Promise<() => Promise<Mark[]>> {
  await context.addInitScript(observe, MAX_MARKS)
  context.on('page', (page) => {
    page.on('worker', (worker) => {
      // A worker that has ended by then made no marks.
      worker.evaluate(observe, MAX_MARKS).catch(() => undefined)
    })
  })
  return async () => {
    const kept = () => (globalThis as Observed).quorateMarks ?? []
    const lists = await Promise.all(
      context
        .pages()
        .flatMap((page) => [
          page.evaluate(kept),
          ...page.workers().map((worker) => worker.evaluate(kept)),
        ]),
    )
    return lists.flat()
  }
}

/** Runs in pages and workers. */
function observe(maxMarks: number): void {
  const marks: Mark[] = []
  const prefix = 'quorate:'
  new PerformanceObserver((list) => {
    for (const { name, startTime, detail } of list.getEntries() as PerformanceMark[]) {
      if (!name.startsWith(prefix)) continue
      const { round } = detail as { round: number }
      marks.push({
        name: name.slice(prefix.length),
        round,
        atMs: performance.timeOrigin + startTime,
      })
      if (marks.length > maxMarks) marks.shift()
    }
  }).observe({ type: 'mark' })
  ;(globalThis as Observed).quorateMarks = marks
}
