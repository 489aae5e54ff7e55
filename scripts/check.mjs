/** `npm run check`: types, lint, format, arrows between packages, dead code, lock file. */
import { ensureInstalled } from './bootstrap/install.mjs'
import { ensureKernels } from './bootstrap/kernels.mjs'
import { requireNode } from './bootstrap/node-version.mjs'
import { runChecks } from './check/run-checks.mjs'

requireNode()
try {
  await ensureInstalled()
  await ensureKernels()
} catch (error) {
  console.error(error.message)
  process.exit(1)
}
const results = await runChecks()
const failed = results.filter((result) => result.status === 'failed')
console.log(
  failed.length === 0 ? 'All checks hold.' : `${failed.length} of ${results.length} checks failed.`,
)
if (failed.length > 0) process.exitCode = 1
