import { expect, test } from '../fixtures/test.ts'
import { smallRun } from '../fixtures/settings.ts'
import { launchRaw } from '../fixtures/raw-browser.ts'
import { until } from '../fixtures/until.ts'

test('a page that is really hidden is counted in 20 consecutive rounds', async ({
  start,
}, info) => {
  const coordinator = await start({ flags: ['--no-demo'] })
  const run = await coordinator.startRun({ ...smallRun, minRoundMs: 400 })
  const options = info.project.use.launchOptions ?? {}
  const browser = await launchRaw(options.executablePath ?? 'chromium', options.args ?? [])
  try {
    const page = await browser.open(`${coordinator.url}/run/${run.id}?backend=wasm`)
    await until('the button', () =>
      page.evaluate<boolean>(`!!document.querySelector('[data-testid=join]')`),
    )
    await page.evaluate(`document.querySelector('[data-testid=join]').click()`)
    await until('the run trains', async () => (await coordinator.run(run.id)).round >= 5)
    await page.hide()
    await until('the page says that it is hidden', () =>
      page.evaluate<boolean>(`document.visibilityState === 'hidden'`),
    )
    const from = (await coordinator.run(run.id)).round + 1
    await until('25 rounds later', async () => (await coordinator.run(run.id)).round >= from + 25)
    expect(await page.evaluate<string>('document.visibilityState')).toBe('hidden')
    const rounds = (await coordinator.rounds(run.id)).filter(
      ({ round }) => round >= from && round < from + 20,
    )
    expect(rounds).toHaveLength(20)
    expect(rounds.every(({ voters, attempts }) => voters === 1 && attempts === 1)).toBe(true)
  } finally {
    await browser.close()
  }
})
