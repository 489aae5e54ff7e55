import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { mustRun } from './command.mjs'
import { step } from './progress.mjs'

const APT_TIMEOUT_MS = 10 * 60_000
const VERSION_TIMEOUT_MS = 20_000
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const OTHER_PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/**
 * Path of a Chromium that is already here: QUORATE_CHROMIUM if set, else the first on the PATH
 * or in the usual places that starts; undefined if none.
 *
 * @returns {string | undefined}
 */
export function findChromium() {
  const chosen = process.env.QUORATE_CHROMIUM
  if (chosen) {
    if (!existsSync(chosen)) throw new Error(`QUORATE_CHROMIUM names no file: ${chosen}`)
    return chosen
  }
  const onPath = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const candidates = NAMES.flatMap((name) => onPath.map((folder) => join(folder, name)))
  return [...candidates, ...OTHER_PLACES].find((path) => existsSync(path) && starts(path))
}

/** Ubuntu's `chromium-browser` may be a stub that only asks for a snap; a browser has a version. */
function starts(path) {
  if (process.platform === 'win32') return true // chrome.exe has no --version
  return spawnSync(path, ['--version'], { timeout: VERSION_TIMEOUT_MS }).status === 0
}

/**
 * Path of a Chromium, installed with apt-get on Debian and Ubuntu where there is none. Also puts
 * it into QUORATE_CHROMIUM, for this process and its children.
 *
 * @returns {Promise<string>}
 */
export async function ensureChromium() {
  let path = findChromium()
  if (!path && existsSync('/usr/bin/apt-get')) {
    await step('Installing Chromium with apt-get', aptInstall)
    path = findChromium()
  }
  if (!path) throw new Error(`No Chromium was found.\n${WHAT_TO_DO}`)
  process.env.QUORATE_CHROMIUM = path
  return path
}

const WHAT_TO_DO =
  'Install Chromium or Google Chrome (Debian: apt-get install chromium), ' +
  'or set QUORATE_CHROMIUM to the path of one.'

async function aptInstall() {
  const asRoot = process.getuid?.() === 0
  const apt = (...args) => {
    const command = ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', ...args]
    const [program, ...rest] = asRoot ? command : ['sudo', '-n', ...command]
    return mustRun(program, rest, { timeoutMs: APT_TIMEOUT_MS })
  }
  try {
    await apt('update')
    await apt('install', '-y', '--no-install-recommends', 'chromium')
  } catch (error) {
    throw new Error(`Chromium could not be installed with apt-get.\n${WHAT_TO_DO}`, {
      cause: error,
    })
  }
}
