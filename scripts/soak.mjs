/** `npm run soak`: looks for faults by chance, for as long as it is told; installs and builds first. */
import { pathToFileURL } from 'node:url'
import { ensureBuilt } from './bootstrap/build.mjs'
import { ensureInstalled } from './bootstrap/install.mjs'
import { requireNode } from './bootstrap/node-version.mjs'
import { inRoot } from './bootstrap/root.mjs'

requireNode()
try {
  await ensureInstalled()
  await ensureBuilt({ only: ['coordinator', 'client', 'soak'] })
} catch (error) {
  console.error(`\nThe soak could not be started: ${error.message}`)
  if (error.cause) console.error(error.cause.message)
  process.exit(1)
}
process.setSourceMapsEnabled(true)
const { main } = await import(pathToFileURL(inRoot('e2e', 'dist', 'soak', 'soak.js')).href)
try {
  await main(process.argv.slice(2))
} catch (error) {
  if (typeof error.code !== 'string') throw error
  console.error(`${error.code}: ${error.message}`)
  process.exitCode = 1
}
