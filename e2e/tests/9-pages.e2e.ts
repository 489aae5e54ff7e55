import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { runSettings } from '@quorate/shared/run/settings'
import { smallRun } from '../fixtures/settings.ts'
import { expect, test } from '../fixtures/test.ts'
import { until } from '../fixtures/until.ts'

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
  await until('it has left', async () => (await coordinator.contributors(run.id)).length === 0)
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

test('the pages of the operator are sound in every state, and a password signs in', async ({
  start,
  join,
  page,
}) => {
  const coordinator = await start({ flags: ['--no-demo'] })
  await page.goto(`${coordinator.url}/operator`)
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await page.goto(coordinator.signInLink)
  await expect(page.getByTestId('new-run')).toBeVisible()

  const headers = { origin: coordinator.url }
  // Slow rounds: what is looked at here is the page.
  const data = runSettings.parse({ ...smallRun, minRoundMs: 400 })
  const made = await page.request.post(`${coordinator.url}/api/runs`, { headers, data })
  const run = (await made.json()) as { id: string }
  await page.request.post(`${coordinator.url}/api/runs/${run.id}/start`, { headers })
  await join(`${coordinator.url}/run/${run.id}`, { backend: 'wasm' })

  await page.getByRole('link', { name: 'Settings' }).click()
  await page.getByLabel('New password').fill('a long password')
  await page.getByLabel('Once more').fill('a long password')
  await page.getByRole('button', { name: 'Set password' }).click()
  await expect(page.getByText('The password is set.')).toBeVisible()
  await expectSound(page, 'settings')
  await page.getByTestId('sign-out').click()
  await expect(page.getByTestId('password')).toBeVisible()
  await expectSound(page, 'sign-in')
  await page.getByTestId('password').fill('a wrong password')
  await page.getByTestId('sign-in').click()
  await expect(page.getByLabel('Password')).toHaveAttribute('aria-invalid', 'true')
  await page.getByTestId('password').fill('a long password')
  await page.getByTestId('sign-in').click()

  await page.getByRole('link', { name: 'Runs' }).click()
  await expect(page.getByTestId('new-run')).toBeVisible()
  await expectSound(page, 'runs')
  await page.getByTestId('new-run').click()
  await expect(page.getByTestId('preview-d')).toBeVisible()
  await expectSound(page, 'new run')
  await page.getByTestId('rounds').fill('')
  await page.getByTestId('learning-rate').fill('0')
  await page.getByTestId('create').click()
  await expect(page.getByTestId('rounds'), 'the first problem has the focus').toBeFocused()
  await page.getByTestId('problems').getByRole('link', { name: 'Learning rate' }).click()
  await expect(page.getByTestId('learning-rate')).toBeFocused()
  await expectSound(page, 'new run with problems')
  await page.goto(`${coordinator.url}/operator/runs/${run.id}`)
  await expect(page.getByTestId('contributor')).toBeVisible()
  await until('ten rounds', async () => (await coordinator.run(run.id)).round >= 10)
  await expectSound(page, 'a run')
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

test('a run without a place says so before the click, and a tab that waits says what for', async ({
  start,
  join,
  page,
}) => {
  const coordinator = await start({ flags: ['--no-demo'] })
  const run = await coordinator.startRun({ ...smallRun, method: { id: 'signsgd' } })
  const url = `${coordinator.url}/run/${run.id}?backend=wasm`
  await join(url, { backend: 'wasm' })
  await until('one is there', async () => (await coordinator.run(run.id)).contributors === 1)
  await page.goto(url)
  await expect(page.getByText('This run is full')).toBeVisible()
  await expect(page.getByText('This run is for one contributor.')).toBeVisible()
  await expectSound(page, 'a full run')
  await press(page, 'join')
  await expect(page.getByTestId('status')).toHaveText('The run is full')
  await expect(page.getByText('RUN_FULL')).toHaveCount(0)
  await press(page, 'way-runs')
  await expect(page.getByText('Full', { exact: true })).toBeVisible()
  await expect(page.getByText('Needs you most')).toHaveCount(0)
})
