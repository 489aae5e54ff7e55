import { evaluateMlp } from '../fixtures/evaluate.ts'
import { evaluateTfjs } from '../fixtures/evaluate-tfjs.ts'
import { expect, test } from '../fixtures/test.ts'
import { until } from '../fixtures/until.ts'

test('the operator signs in, creates a run with ssdm, pauses, resumes, stops and downloads it', async ({
  start,
  join,
  page,
  browser,
}, info) => {
  const coordinator = await start({ flags: ['--no-demo'] })
  await page.goto(coordinator.signInLink)
  await expect(page.getByTestId('new-run')).toBeVisible()
  expect(page.url()).not.toContain('token')
  await page.screenshot({ path: info.outputPath('runs.png') })

  await page.getByTestId('new-run').click()
  await page.getByTestId('preset-demo').click()
  await page.getByTestId('run-name').fill('Digits by ssdm')
  await page.getByTestId('method').selectOption('ssdm')
  await page.getByTestId('create-and-start').click()
  await expect(page.getByTestId('run-state')).toHaveAttribute('data-state', 'waiting')

  const run = await coordinator.run()
  expect(run.settings.method.id).toBe('ssdm')
  await join(`${coordinator.url}/run/${run.id}`, { backend: 'wasm' })
  const state = page.getByTestId('run-state')
  await expect(state).toHaveAttribute('data-state', 'training', { timeout: 30_000 })
  await until('ten rounds', async () => (await coordinator.run(run.id)).round >= 10)
  await page.getByTestId('run-pause').click()
  await expect(state).toHaveAttribute('data-state', 'paused')
  const paused = (await coordinator.run(run.id)).round
  await page.getByTestId('run-resume').click()
  await expect(state).toHaveAttribute('data-state', 'training')
  await until('rounds go on', async () => (await coordinator.run(run.id)).round >= paused + 10)
  await page.getByTestId('run-stop').click()
  await page.getByRole('dialog').getByTestId('confirm').click()
  await expect(state).toHaveAttribute('data-state', 'finished')

  const finished = await until('the last evaluation', async () => {
    const now = await coordinator.run(run.id)
    return now.accuracyRound === now.round && now
  })
  const downloading = page.waitForEvent('download')
  await page.getByTestId('safetensors').click()
  const download = await downloading
  const stock = await evaluateTfjs(`${coordinator.url}/api/runs/${run.id}/model/model.json`)
  expect(stock.accuracy).toBeCloseTo(finished.accuracy ?? -1, 6)
  const { accuracy } = await evaluateMlp((await download.path()) ?? '')
  expect(accuracy).toBeCloseTo(finished.accuracy ?? -1, 6)
  await expect(page.getByTestId('run-accuracy')).toContainText(
    ((finished.accuracy ?? 0) * 100).toFixed(2),
  )

  // The link worked once.
  const stranger = await browser.newContext()
  const other = await stranger.newPage()
  await other.goto(coordinator.signInLink)
  await expect(other.getByRole('alert')).toContainText(/used|no longer|expired/i)
  await stranger.close()
})

test('what is wrong with the hidden widths is said while they are typed, and no press is lost', async ({
  start,
  page,
}) => {
  const coordinator = await start({ flags: ['--no-demo'] })
  await page.goto(coordinator.signInLink)
  await page.getByTestId('new-run').click()
  const hidden = page.getByTestId('hidden')
  await hidden.fill('32, ')
  await expect(page.getByText('A number is needed.')).toBeVisible()
  await expect(hidden).toHaveValue('32, ')
  await hidden.fill('32, 16')
  await page.getByTestId('create').click()
  await expect(page.getByTestId('run-state')).toHaveAttribute('data-state', 'created')
})
