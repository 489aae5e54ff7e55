/** Programs of our own on a WebGPU device (here an emulated one), against plain TypeScript. */
import { chromium, test as base } from '@playwright/test'
import type { Page } from '@playwright/test'
import { openBundle } from '../fixtures/bundle.ts'
import { CHECKS } from '../webgpu/names.ts'
import type { CheckName } from '../webgpu/names.ts'

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
