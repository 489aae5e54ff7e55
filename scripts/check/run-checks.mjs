import { runCommand } from '../bootstrap/command.mjs'
import { elapsed } from '../bootstrap/progress.mjs'
import { checkSteps } from './steps.mjs'

const STEP_TIMEOUT_MS = 5 * 60_000
/** Two cores are what we may count on; type-aware lint alone takes one and a gigabyte. */
const AT_ONCE = 2

/**
 * Runs every check, two at a time, and prints each one's name, result and time, and its output
 * where it failed.
 *
 * @returns {Promise<{name: string, status: 'passed' | 'failed' | 'skipped'}[]>}
 */
export async function runChecks() {
  const waiting = [...checkSteps]
  const results = []
  const work = async () => {
    for (let step = waiting.shift(); step; step = waiting.shift()) {
      results.push({ name: `check: ${step.name}`, status: await runStep(step) })
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return results
}

async function runStep(step) {
  if (step.applies && !step.applies()) {
    console.log(`- ${step.name}: skipped, no sources yet`)
    return 'skipped'
  }
  const run = await runCommand('node', step.args(), { timeoutMs: STEP_TIMEOUT_MS })
  const passed = run.code === 0 && !run.timedOut
  const why = run.timedOut ? 'FAILED (took too long)' : 'FAILED'
  console.log(
    `${passed ? '✓' : '✗'} ${step.name}: ${passed ? 'ok' : why} (${elapsed(run.elapsedMs)})`,
  )
  if (!passed) console.log(`${run.output.trimEnd()}\n`)
  return passed ? 'passed' : 'failed'
}
