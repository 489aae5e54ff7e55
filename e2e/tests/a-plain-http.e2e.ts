import { chromium } from '@playwright/test'
import { expect, test } from '../fixtures/test.ts'
import { smallRun } from '../fixtures/settings.ts'
import { until } from '../fixtures/until.ts'

test('a page on plain HTTP says why there is no WebGPU, and trains all the same', async ({
  start,
  join,
}, info) => {
  const coordinator = await start({ flags: ['--no-demo'] })
  const run = await coordinator.startRun(smallRun)
  const options = info.project.use.launchOptions ?? {}
  // Another name than localhost: not a secure context, as from another machine.
  const rules = '--host-resolver-rules=MAP quorate.test 127.0.0.1'
  const browser = await chromium.launch({ ...options, args: [...(options.args ?? []), rules] })
  try {
    const url = `http://quorate.test:${coordinator.port}/run/${run.id}`
    const page = await browser.newPage()
    await page.goto(url)
    expect(await page.evaluate(() => isSecureContext)).toBe(false)
    await expect(page.getByText(/plain HTTP|https/i).first()).toBeVisible()
    await page.close()
    await join(url, {}, browser)
    const person = await until('counted in ten rounds', async () => {
      const [one] = await coordinator.contributors(run.id)
      return one && one.roundsCounted >= 10 && one
    })
    expect(person.backend).not.toBe('webgpu')
  } finally {
    await browser.close()
  }
})
