import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { smallRun } from '../fixtures/settings.ts'
import { expect, test, until } from '../fixtures/test.ts'

/** All rules on the wide light page; narrow and dark, those that colours and widths decide. */
const LOOKS = [
  { width: 1440, height: 900, colorScheme: 'light', rules: null },
  { width: 390, height: 844, colorScheme: 'dark', rules: ['color-contrast', 'target-size'] },
] as const
const MOST_TABS = 40

// About a minute for both on two idle cores; axe takes many times that beside other work.
test.describe.configure({ timeout: 300_000 })

test('a volunteer needs only a keyboard, and the page is sound before, during and after', async ({
  start,
  page,
}) => {
  const coordinator = await start({ flags: ['--no-demo'] })
  const run = await coordinator.startRun(smallRun)
  await page.goto(`${coordinator.url}/run/${run.id}?backend=wasm`)
  await expect(page.getByTestId('join')).toBeVisible()
  await expectSound(page, 'before joining')

  await press(page, 'join')
  await expect(page.getByTestId('status')).toHaveText('Training', { timeout: 30_000 })
  await until('ten rounds', async () => (await coordinator.run(run.id)).round >= 10)
  await press(page, 'pause')
  await expect(page.getByTestId('status')).toHaveText('Paused')
  const statusOf = async () => (await coordinator.contributors(run.id))[0]?.status
  await until('the operator sees the pause', async () => (await statusOf()) === 'paused')
  await press(page, 'way-resume')
  await expect(page.getByTestId('status')).toHaveText('Training')

  await press(page, 'example-7')
  const reading = page.getByTestId('reading')
  await expect(reading).toHaveAttribute('data-digit', /^\d$/)
  await expect(page.getByTestId('try').locator('li.best')).toContainText('%')
  await expectSound(page, 'training')

  await coordinator.post(`/api/runs/${run.id}/stop`)
  await expect(page.getByTestId('status')).toHaveText('Finished')
  await expectSound(page, 'finished')

  // "Train again": the new run is one click away.
  const anew = await coordinator.post<{ id: string }>(`/api/runs/${run.id}/again`)
  await press(page, 'join-next')
  await expect(page.getByTestId('status')).toHaveText('Training', { timeout: 30_000 })
  expect(page.url()).toContain(`/run/${anew.id}`)
  await page.goto(`${coordinator.url}/runs`)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await expectSound(page, 'the list of runs')
})

/** No violation that axe knows of, and nothing to scroll sideways for, at any of the looks. */
async function expectSound(page: Page, what: string): Promise<void> {
  for (const { width, height, colorScheme, rules } of LOOKS) {
    await page.setViewportSize({ width, height })
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    const axe = new AxeBuilder({ page })
    const { violations } = await (rules ? axe.withRules([...rules]) : axe).analyze()
    const found = violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join()}`,
    )
    expect.soft(found, `${what}, ${width} px, ${colorScheme}`).toEqual([])
    const most = await page.evaluate<number>('document.documentElement.scrollWidth')
    expect.soft(most, `${what}: its width at ${width} px`).toBeLessThanOrEqual(width)
  }
  await page.setViewportSize(LOOKS[0])
}

/** Tab by tab to the control of this test id, then Enter. */
async function press(page: Page, testId: string): Promise<void> {
  const target = page.getByTestId(testId)
  await expect(target).toBeVisible()
  for (let tabs = 0; tabs < MOST_TABS; tabs++) {
    if (await target.evaluate((node) => node === document.activeElement)) {
      return page.keyboard.press('Enter')
    }
    await page.keyboard.press('Tab')
  }
  throw new Error(`${testId} is not reached with ${MOST_TABS} tabs`)
}
