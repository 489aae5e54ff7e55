import { readFileSync, rmSync } from 'node:fs'
import { relative } from 'node:path'
import { runCommand, toolPath } from '../bootstrap/command.mjs'
import { inRoot } from '../bootstrap/root.mjs'
import { withExitCode } from './results.mjs'

const UNIT_TIMEOUT_MS = 20 * 60_000
const REPORT = 'test-results/unit.json'

/** Runs the unit tests, showing them live. @returns {Promise<import('./results.mjs').Result[]>} */
export async function runUnitTests() {
  rmSync(inRoot(REPORT), { force: true })
  const args = [
    toolPath('vitest', 'vitest.mjs'),
    ...['run', '--passWithNoTests', '--allowOnly=false'],
    ...['--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`],
  ]
  const env = { NODE_ENV: 'test' }
  const run = await runCommand('node', args, { env, live: true, timeoutMs: UNIT_TIMEOUT_MS })
  return withExitCode('unit tests', run, () =>
    readReport(JSON.parse(readFileSync(inRoot(REPORT), 'utf8'))),
  )
}

const STATUS = { passed: 'passed', failed: 'failed' }

/** Vitest's JSON report as results; a file that failed before its first test is one failure. */
function readReport(report) {
  return report.testResults.flatMap((file) => {
    const name = relative(inRoot(), file.name)
    const tests = file.assertionResults.map((test) => ({
      name: `${name}: ${test.fullName}`,
      status: STATUS[test.status] ?? 'skipped',
    }))
    const failedUnseen = file.status === 'failed' && !tests.some((test) => test.status === 'failed')
    return failedUnseen ? [...tests, { name: `${name}: the file itself`, status: 'failed' }] : tests
  })
}
