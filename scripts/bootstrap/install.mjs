import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mustRun, runCommand } from './command.mjs'
import { fingerprint } from './fingerprint.mjs'
import { notice, step } from './progress.mjs'
import { inRoot } from './root.mjs'

const INSTALL_TIMEOUT_MS = 15 * 60_000
/** Of a failed npm ci's output; the reason comes first, the manual after it. */
const LINES_OF_NPM = 8
const LOCK = 'package-lock.json'
/** Lies inside node_modules, so that it disappears together with what it speaks of. */
const stampPath = inRoot('node_modules', '.quorate-installed')
// --include=dev: the build needs Vite also where NODE_ENV=production is set.
const FLAGS = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error']

/** Makes node_modules agree with package-lock.json; does nothing where it already does. */
export async function ensureInstalled() {
  const wanted = fingerprint([LOCK])
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === wanted) return
  if (!installedAgreesWithLock()) await step('Installing dependencies', install)
  writeFileSync(stampPath, wanted)
}

async function install() {
  const ci = await runNpm(runCommand, ['ci', ...FLAGS])
  if (ci.code === 0) return
  const said = ci.output.trim().split('\n').slice(0, LINES_OF_NPM)
  notice(`npm ci did not succeed, trying npm install instead; npm ci said:\n  ${said.join('\n  ')}`)
  await runNpm(mustRun, ['install', '--no-save', ...FLAGS])
}

/** npm as started: the one that runs this script where there is one, else the one on the PATH. */
function runNpm(run, args) {
  const npm = process.env.npm_execpath
  const options = { timeoutMs: INSTALL_TIMEOUT_MS }
  return npm?.endsWith('npm-cli.js')
    ? run('node', [npm, ...args], options)
    : run('npm', args, options)
}

/** Whether a hand-made install already has every package that the lock requires here. */
function installedAgreesWithLock() {
  const hiddenLock = inRoot('node_modules', '.package-lock.json')
  if (!existsSync(hiddenLock)) return false
  const wanted = JSON.parse(readFileSync(inRoot(LOCK), 'utf8')).packages
  const present = JSON.parse(readFileSync(hiddenLock, 'utf8')).packages
  return Object.entries(wanted).every(
    ([path, entry]) =>
      !path.includes('node_modules/') ||
      entry.optional ||
      (present[path]?.version === entry.version && existsSync(inRoot(path))),
  )
}
