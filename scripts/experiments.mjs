/** `npm run experiments`: computes and writes docs/experiments; installs and builds first. */
import { pathToFileURL } from 'node:url'
import { ensureBuilt } from './bootstrap/build.mjs'
import { ensureInstalled } from './bootstrap/install.mjs'
import { requireNode } from './bootstrap/node-version.mjs'
import { inRoot } from './bootstrap/root.mjs'

requireNode()
try {
  await ensureInstalled()
  await ensureBuilt({ only: ['simulator'] })
} catch (error) {
  console.error(`\nThe experiments could not be started: ${error.message}`)
  if (error.cause) console.error(error.cause.message)
  process.exit(1)
}
process.setSourceMapsEnabled(true)
const { main } = await import(pathToFileURL(inRoot('e2e', 'dist', 'experiments.js')).href)
try {
  await main(process.argv.slice(2), inRoot('docs', 'experiments'))
} catch (error) {
  if (typeof error.code !== 'string') throw error
  console.error(`${error.code}: ${error.message}`)
  process.exitCode = 1
}
