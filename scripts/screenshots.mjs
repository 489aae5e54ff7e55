/**
 * `npm run screenshots`: pictures of both pages of a real run with real volunteers, into
 * docs/screenshots, at phone and desktop width, light and dark. Takes about two minutes.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBuilt } from './bootstrap/build.mjs'
import { ensureChromium } from './bootstrap/chromium.mjs'
import { ensureInstalled } from './bootstrap/install.mjs'
import { requireNode } from './bootstrap/node-version.mjs'
import { step } from './bootstrap/progress.mjs'
import { startCoordinator } from './screenshots/coordinator.mjs'

const WHOLE_LIMIT_MS = 4 * 60_000

requireNode()
let browser
let coordinator
let data
/** Whatever was started is ended; also after an error, a signal and at the limit. */
async function end() {
  await browser?.close()
  await coordinator?.stop()
  if (data) await rm(data, { recursive: true, force: true })
}
async function endWith(code, reason) {
  console.error(reason)
  await end()
  process.exit(code)
}
process.once('SIGINT', () => void endWith(130, 'interrupted'))
process.once('SIGTERM', () => void endWith(143, 'ended'))

try {
  await ensureInstalled()
  const executablePath = await ensureChromium()
  await ensureBuilt()
  setTimeout(() => void endWith(1, 'The screenshots took too long.'), WHOLE_LIMIT_MS).unref()

  const { chromium } = await import('@playwright/test')
  const { takePictures } = await import('./screenshots/pictures.mjs')
  data = await mkdtemp(join(tmpdir(), 'quorate-screenshots-'))
  coordinator = await step('Starting a coordinator', () => startCoordinator(data))
  const handle = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false }
  browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--hide-scrollbars'],
    ...handle,
  })
  await takePictures(browser, coordinator)
} catch (error) {
  console.error(error.message)
  process.exitCode = 1
} finally {
  await end()
}
// Browser and coordinator have ended; nothing of theirs may keep this process.
process.exit()
