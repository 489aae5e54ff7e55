/**
 * `npm test`: checks, unit tests and multi-browser tests, from nothing installed to one line of
 * counts. A phase that fails does not hide the next one. With arguments (`npm test -- --grep x
 * --headed`) only the multi-browser tests run, and the arguments are Playwright's.
 */
import { mkdirSync } from 'node:fs'
import { ensureBuilt } from './bootstrap/build.mjs'
import { ensureChromium } from './bootstrap/chromium.mjs'
import { ensureInstalled } from './bootstrap/install.mjs'
import { requireNode } from './bootstrap/node-version.mjs'
import { elapsed } from './bootstrap/progress.mjs'
import { inRoot } from './bootstrap/root.mjs'
import { runChecks } from './check/run-checks.mjs'
import { runBrowserTests } from './test/browser.mjs'
import { printSummary } from './test/results.mjs'
import { runUnitTests } from './test/unit.mjs'

/** Runs a phase; an error in it is a failure of the phase, printed, and nothing more. */
async function phase(name, work) {
  console.log(`\n── ${name}`)
  const startMs = Date.now()
  try {
    return await work()
  } catch (error) {
    console.error(error.message)
    if (error.cause) console.error(error.cause.message)
    return [{ name, status: 'failed' }]
  } finally {
    console.log(`   (${name}: ${elapsed(Date.now() - startMs)})`)
  }
}

requireNode()
const extraArgs = process.argv.slice(2)
mkdirSync(inRoot('test-results'), { recursive: true })
const results = await phase('install', async () => {
  await ensureInstalled()
  return []
})
if (results.length === 0) {
  const nothing = (work) => async () => {
    await work()
    return []
  }
  results.push(...(await phase('browser', nothing(ensureChromium))))
  results.push(...(await phase('build', nothing(ensureBuilt))))
  if (extraArgs.length > 0) {
    console.log('\nArguments given: only the multi-browser tests run; `npm test` alone runs all.')
  } else {
    results.push(...(await phase('check', runChecks)))
    results.push(...(await phase('unit tests', runUnitTests)))
  }
  results.push(...(await phase('e2e tests', () => runBrowserTests(extraArgs))))
}
process.exitCode = printSummary(results) ? 0 : 1
