/** `npm start`: installs, builds and runs the coordinator, each only where it is needed. */
import { pathToFileURL } from 'node:url'
import { ensureBuilt } from './bootstrap/build.mjs'
import { ensureChromium } from './bootstrap/chromium.mjs'
import { ensureInstalled } from './bootstrap/install.mjs'
import { requireNode } from './bootstrap/node-version.mjs'
import { inRoot } from './bootstrap/root.mjs'

/** Whether headless volunteers were asked for; they are browsers, the server alone needs none. */
function wantsVolunteers(args, env) {
  const at = args.findIndex((arg) => arg === '--volunteers' || arg.startsWith('--volunteers='))
  if (at === -1) return Number(env.QUORATE_VOLUNTEERS ?? 0) > 0
  return (args[at].split('=')[1] ?? args[at + 1]) !== '0'
}

async function prepare(args) {
  await ensureInstalled()
  await ensureBuilt()
  if (wantsVolunteers(args, process.env)) await ensureChromium()
}

requireNode()
const args = process.argv.slice(2)
try {
  await prepare(args)
} catch (error) {
  console.error(`\nQuorate could not be started: ${error.message}`)
  if (error.cause) console.error(error.cause.message)
  process.exit(1)
}
process.setSourceMapsEnabled(true)
// In this same process: a SIGTERM to it reaches the server, and no orphan keeps the port.
const { main } = await import(pathToFileURL(inRoot('coordinator', 'dist', 'main.js')).href)
await main(args, process.env)
