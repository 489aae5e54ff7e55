/** `npm run build`: builds the coordinator and the client anew, whatever was built before. */
import { ensureBuilt } from './bootstrap/build.mjs'
import { ensureInstalled } from './bootstrap/install.mjs'
import { requireNode } from './bootstrap/node-version.mjs'

requireNode()
try {
  await ensureInstalled()
  await ensureBuilt({ force: true })
} catch (error) {
  console.error(error.message)
  process.exit(1)
}
