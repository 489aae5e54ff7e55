import { readFileSync, rmSync } from 'node:fs'
import { runCommand, toolPath } from '../bootstrap/command.mjs'
import { inRoot } from '../bootstrap/root.mjs'
import { withExitCode } from './results.mjs'

const E2E_TIMEOUT_MS = 60 * 60_000
const REPORT = 'test-results/e2e.json'

/**
 * Runs the multi-browser tests, showing them live.
 *
 * @param {string[]} extraArgs for Playwright's own command line
 * @returns {Promise<import('./results.mjs').Result[]>}
 */
export async function runBrowserTests(extraArgs) {
  rmSync(inRoot(REPORT), { force: true })
  const ours = extraArgs.length === 0 ? ['--pass-with-no-tests', '--forbid-only'] : extraArgs
  const args = [toolPath('@playwright', 'test', 'cli.js'), 'test', ...ours]
  const env = { QUORATE_E2E_REPORT: inRoot(REPORT), NODE_ENV: 'test' }
  const run = await runCommand('node', args, { env, live: true, timeoutMs: E2E_TIMEOUT_MS })
  return withExitCode('e2e tests', run, () =>
    readReport(JSON.parse(readFileSync(inRoot(REPORT), 'utf8'))),
  )
}

/** Playwright's JSON report as results. */
function readReport(report) {
  return report.suites.flatMap((suite) => testsOf(suite, []))
}

function testsOf(suite, above) {
  const titles = [...above, suite.title]
  const own = suite.specs.flatMap((spec) =>
    spec.tests.map((test) => ({
      name: [...titles, spec.title].join(' › '),
      status: statusOf(test),
    })),
  )
  return [...own, ...(suite.suites ?? []).flatMap((inner) => testsOf(inner, titles))]
}

/** A test that should have run and did not (its setup failed, the run was cut off) has failed. */
function statusOf(test) {
  if (test.status === 'expected') return 'passed'
  return test.status === 'skipped' && test.expectedStatus === 'skipped' ? 'skipped' : 'failed'
}
