import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type * as Playwright from 'playwright-core'
import { CodedError } from './errors.ts'
import type { Log } from './training/ports.ts'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const JOIN_DEADLINE_MS = 60_000

export interface Volunteers {
  close(): Promise<void>
}

/**
 * Opens `count` headless tabs at `url`, each a browser profile of its own, and joins in each.
 * Rejects with CHROMIUM_NOT_FOUND; a tab that fails later is only logged.
 */
export async function startVolunteers(
  count: number,
  url: string,
  parts: { log: Log; env: Readonly<Record<string, string | undefined>> },
): Promise<Volunteers> {
  const executablePath = findChromium(parts.env)
  const { chromium } = await playwright()
  // Signals are the server's business: it closes the browser when it is asked to stop.
  const browser = await chromium.launch({
    executablePath,
    args: FLAGS,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
  })
  const join = async (number: number) => {
    const context = await browser.newContext({ ignoreHTTPSErrors: true })
    const page = await context.newPage()
    page.on('crash', () => parts.log.error({ volunteer: number }, 'a volunteer crashed'))
    page.on('pageerror', (err) => parts.log.warn({ volunteer: number, err }, 'a volunteer failed'))
    await page.goto(url, { timeout: JOIN_DEADLINE_MS })
    await page.getByTestId('join').click({ timeout: JOIN_DEADLINE_MS })
  }
  try {
    for (let number = 1; number <= count; number++) await join(number)
  } catch (error) {
    await browser.close()
    throw error
  }
  return { close: () => browser.close() }
}

function findChromium(env: Readonly<Record<string, string | undefined>>): string {
  const chosen = env['QUORATE_CHROMIUM']
  const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean)
  const places = chosen
    ? [chosen]
    : NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))
  const found = places.find(isExecutable)
  if (found !== undefined) return found
  throw new CodedError(
    'CHROMIUM_NOT_FOUND',
    chosen
      ? `QUORATE_CHROMIUM names no program: ${chosen}`
      : 'Install Chromium for --volunteers, or set QUORATE_CHROMIUM to the path of one.',
  )
}

async function playwright(): Promise<typeof Playwright> {
  try {
    return await import('playwright-core')
  } catch (error) {
    throw new CodedError(
      'CHROMIUM_NOT_FOUND',
      'playwright-core is not installed; --volunteers needs the development dependencies.',
      error,
    )
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
