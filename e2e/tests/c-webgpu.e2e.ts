/** Programs of our own on a WebGPU device (here an emulated one), against plain TypeScript. */
import { chromium, expect, test as base } from '@playwright/test'
import type { Page } from '@playwright/test'
import { openBundle } from '../fixtures/bundle.ts'
import { CHECKS } from '../webgpu/names.ts'
import type { CheckName } from '../webgpu/names.ts'
import type { LongRun } from '../webgpu/training-checks.ts'

/** One page for all: its programs are compiled anew for each check. */
const test = base.extend<object, { gpuPage: Page }>({
  gpuPage: [
    // Playwright reads the names of what a fixture needs from this pattern.
    // eslint-disable-next-line no-empty-pattern
    async ({}, use, { project }) => {
      const options = project.use.launchOptions ?? {}
      const args = [...(options.args ?? []), '--enable-unsafe-webgpu']
      const browser = await chromium.launch({ ...options, args })
      const page = await browser.newPage()
      await openBundle(page, 'webgpu/page.ts')
      await use(page)
      await browser.close()
    },
    { scope: 'worker' },
  ],
})

for (const name of CHECKS) {
  test(name, async ({ gpuPage }) => {
    await gpuPage.evaluate(
      (wanted) =>
        (window as unknown as { checks: Record<CheckName, () => Promise<void>> }).checks[wanted](),
      name,
    )
  })
}

/** Of JavaScript, after its garbage is collected: 120 bytes a round. */
const HEAP_NOISE_BYTES = 120_000
/** In the first hundreds code is compiled, which takes memory too. A round takes 80 ms on two cores. */
const [EARLY_ROUNDS, ALL_ROUNDS] = [1000, 2000]

test('2,000 rounds leave as many tensors, buffers and bytes of JavaScript as 1,000', async ({
  gpuPage,
}) => {
  test.setTimeout(800_000)
  const cdp = await gpuPage.context().newCDPSession(gpuPage)
  const rounds = (count: number) =>
    gpuPage.evaluate(
      (more) => (window as unknown as { longRun: LongRun }).longRun.rounds(more),
      count,
    )
  const held = async () => {
    await cdp.send('HeapProfiler.collectGarbage')
    const { usedSize } = await cdp.send('Runtime.getHeapUsage')
    const onDevice = await gpuPage.evaluate(() =>
      (window as unknown as { longRun: LongRun }).longRun.held(),
    )
    return { onDevice, heapBytes: usedSize }
  }
  await gpuPage.evaluate(() => (window as unknown as { longRun: LongRun }).longRun.start())
  await rounds(EARLY_ROUNDS)
  const early = await held()
  await rounds(ALL_ROUNDS - EARLY_ROUNDS)
  const late = await held()
  expect(late.onDevice).toEqual(early.onDevice)
  expect(late.heapBytes - early.heapBytes).toBeLessThan(HEAP_NOISE_BYTES)
  await gpuPage.evaluate(() => (window as unknown as { longRun: LongRun }).longRun.close())
})
