import { mkdir } from 'node:fs/promises'
import { inRoot } from '../bootstrap/root.mjs'
import { step } from '../bootstrap/progress.mjs'

const FOLDER = inRoot('docs', 'screenshots')
const HEIGHTS_PX = { 390: 844, 1440: 900 }
/** Chart and counters have settled after a change of width or colours. */
const SETTLE_MS = 350
const VOLUNTEERS = 3
/** Enough that the run is still under way when its last picture is taken. */
const ROUNDS = 400
const SHOWN_AT_ROUND = 120

/** Starts a run, lets volunteers train it, and takes every picture on the way. */
export async function takePictures(browser, coordinator) {
  await mkdir(FOLDER, { recursive: true })
  const { url } = coordinator

  const desk = await browser.newContext({ baseURL: url })
  const operator = await desk.newPage()
  await operator.goto(coordinator.signInLink)
  await operator.getByTestId('new-run').waitFor()
  const call = async (method, path, body) => {
    const headers = { origin: url }
    const answer = await desk.request.fetch(path, { method, headers, data: body })
    if (!answer.ok()) throw new Error(`${method} ${path}: ${await answer.text()}`)
    return answer.status() === 204 ? null : answer.json()
  }
  await call('PUT', '/api/session/password', { password: 'a password for pictures' })
  const run = await step('Making runs', () => makeRuns(call))
  const runUrl = `${url}/run/${run.id}`

  const tabs = []
  await step(`Joining with ${VOLUNTEERS} volunteers`, async () => {
    for (let n = 0; n < VOLUNTEERS; n++) tabs.push(await join(browser, runUrl))
  })
  const [tab] = tabs

  const testedAt = (wanted) =>
    until(async () => (await call('GET', `/api/runs/${run.id}`)).accuracyRound >= wanted)

  await step(`Training ${SHOWN_AT_ROUND} rounds`, () => testedAt(SHOWN_AT_ROUND))
  await step('Pictures of the run while it trains', async () => {
    await shoot(tab, 'volunteer-training')
    await operator.goto(`${url}/operator/runs/${run.id}`)
    await operator.getByTestId('contributor').first().waitFor()
    await shoot(operator, 'operator-run')
    await operator.goto(`${url}/operator`)
    await operator.getByTestId('new-run').waitFor()
    await shoot(operator, 'operator-runs')
    await inOwnPage(browser, runUrl, async (page) => {
      await page.getByTestId('join').waitFor()
      await shoot(page, 'volunteer-before')
      await page.goto(`${url}/runs`)
      await page.getByRole('heading', { level: 1 }).waitFor()
      await shoot(page, 'volunteer-runs')
    })
  })
  await step('Pictures of the operator page', async () => {
    await operator.goto(`${url}/operator/new`)
    await operator.getByTestId('preset-dirichlet').click()
    await operator.getByTestId('preview-d').waitFor()
    await shoot(operator, 'operator-new')
    await inOwnPage(browser, `${url}/operator`, async (page) => {
      await page.getByTestId('password').waitFor()
      await shoot(page, 'operator-sign-in')
    })
  })

  await step(`Training ${ROUNDS} rounds`, () => testedAt(ROUNDS))
  await step('Pictures of the finished run', async () => {
    await draw(tab)
    await shoot(tab, 'volunteer-finished')
  })
}

/** A run under way, one that waits for people and one not started; gives the first. */
async function makeRuns(call) {
  const { runs } = await call('GET', '/api/runs')
  const demo = runs[0]
  await call('POST', `/api/runs/${demo.id}/pause`)
  await call('DELETE', `/api/runs/${demo.id}`)
  const make = (settings) => call('POST', '/api/runs', { ...demo.settings, ...settings })
  await make({ name: 'Digits, shards alike', partition: { kind: 'iid' } })
  const waiting = await make({
    name: 'Digits, skewed shards',
    partition: { kind: 'dirichlet', alpha: 0.3 },
    minVoters: 3,
  })
  await call('POST', `/api/runs/${waiting.id}/start`)
  const run = await make({ rounds: ROUNDS, minRoundMs: 0 })
  return call('POST', `/api/runs/${run.id}/start`)
}

async function join(browser, runUrl) {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  await page.goto(runUrl)
  await page.getByTestId('join').click()
  return page
}

/** Draws a two with the mouse, as a person would. */
async function draw(page) {
  const pad = page.getByTestId('draw-pad')
  await pad.scrollIntoViewIfNeeded()
  const { x, y, width } = await pad.boundingBox()
  const at = ([right, down]) => [x + (right * width) / 100, y + (down * width) / 100]
  const [first, ...rest] = [
    ...[[32, 36], [36, 26], [46, 20], [58, 21], [66, 30], [65, 42], [57, 54]],
    ...[[45, 66], [32, 80], [45, 80], [58, 80], [71, 79]],
  ] // prettier-ignore
  await page.mouse.move(...at(first))
  await page.mouse.down()
  for (const point of rest) await page.mouse.move(...at(point), { steps: 4 })
  await page.mouse.up()
  await page.mouse.move(0, 0)
  await page.locator('[data-testid="reading"][data-digit]').waitFor()
}

/** The page as it stands, at both widths, light and dark. */
async function shoot(page, name) {
  for (const [width, height] of Object.entries(HEIGHTS_PX)) {
    await page.setViewportSize({ width: Number(width), height })
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      await page.evaluate('scrollTo(0, 0)')
      await page.locator('.plot > div:not(:has(canvas))').first().waitFor({ state: 'hidden' })
      await page.waitForTimeout(SETTLE_MS)
      const path = `${FOLDER}/${name}-${width}-${colorScheme}.png`
      await page.screenshot({ path, fullPage: true })
    }
  }
  await page.emulateMedia({ colorScheme: 'light' })
}

async function inOwnPage(browser, url, work) {
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(url)
  await work(page)
  await context.close()
}

/** Its caller has a limit for everything together. */
async function until(probe) {
  while (!(await probe())) await new Promise((resolve) => setTimeout(resolve, 300))
}
