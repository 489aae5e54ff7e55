import type { Browser } from '@playwright/test'
import type { Coordinator } from '../../fixtures/coordinator.ts'
import { BenchError } from '../errors.ts'
import { CountingProxy } from './counting-proxy.ts'

const COUNTED_WITHIN_MS = 120_000
const POLL_MS = 20

export interface FirstVisit {
  /** Bytes down until the page is quiet and nothing has been pressed. */
  readonly beforeClick: number
  /** Bytes down from then until the first ballot is counted: engine, model, examples, rounds. */
  readonly toTraining: number
  /** From the press of the button until the coordinator has counted the first ballot. */
  readonly clickToCountedMs: number
  readonly backend: string
}

/** A browser without any cache opens a running run's page, waits, and joins. */
export async function firstVisit(
  browser: Browser,
  coordinator: Coordinator,
  run: string,
): Promise<FirstVisit> {
  const proxy = await CountingProxy.to(coordinator.port)
  const context = await browser.newContext()
  try {
    const page = await context.newPage()
    await page.goto(`${proxy.url}/run/${run}`, { waitUntil: 'networkidle' })
    const beforeClick = proxy.down
    const clickedMs = performance.now()
    await page.getByTestId('join').click()
    const backend = await firstCounted(coordinator, run)
    const clickToCountedMs = performance.now() - clickedMs
    return { beforeClick, toTraining: proxy.down - beforeClick, clickToCountedMs, backend }
  } finally {
    await context.close()
    await proxy.close()
  }
}

/** Resolves with the backend of the first contributor that was counted. */
async function firstCounted(coordinator: Coordinator, run: string): Promise<string> {
  const endMs = performance.now() + COUNTED_WITHIN_MS
  for (;;) {
    const counted = (await coordinator.contributors(run)).find((one) => one.roundsCounted > 0)
    if (counted) return counted.backend
    if (performance.now() > endMs) {
      throw new BenchError('NOT_REACHED', `no ballot was counted within ${COUNTED_WITHIN_MS} ms`)
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}
