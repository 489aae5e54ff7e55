/** @typedef {{name: string, status: 'passed' | 'failed' | 'skipped'}} Result */

/**
 * A runner's results, held against how it ended: a runner that crashed, hung or left no report is
 * itself a failure, whatever its tests said.
 *
 * @param {string} name of the runner
 * @param {{code: number, timedOut: boolean}} run
 * @param {() => Result[]} read reads its report
 * @returns {Result[]}
 */
export function withExitCode(name, run, read) {
  const failure = (why) => ({ name: `${name}: ${why}`, status: 'failed' })
  let results
  try {
    results = read()
  } catch (error) {
    if (error.code === 'ENOENT' && run.code === 0) return [] // no tests, no report
    return [failure(`ended with code ${run.code} and left no report (${error.message})`)]
  }
  if (run.timedOut) return [...results, failure('took too long and was stopped')]
  const failed = results.some((result) => result.status === 'failed')
  return run.code !== 0 && !failed
    ? [...results, failure(`ended with code ${run.code} though no test failed`)]
    : results
}

/**
 * Prints what was skipped, what failed, and as the last line the counts.
 *
 * @param {Result[]} results
 * @returns {boolean} whether nothing failed
 */
export function printSummary(results) {
  const named = (status) => results.filter((result) => result.status === status)
  const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map(named)
  console.log('')
  for (const { name } of skipped) console.log(`skipped  ${name}`)
  for (const { name } of failed) console.log(`FAILED   ${name}`)
  const counts = `${passed.length} passed, ${failed.length} failed`
  console.log(skipped.length > 0 ? `${counts}, ${skipped.length} skipped` : counts)
  return failed.length === 0
}
