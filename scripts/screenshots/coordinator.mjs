import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { inRoot } from '../bootstrap/root.mjs'

const START_WITHIN_MS = 60_000
const OUTPUT_KEPT = 20_000

/**
 * A coordinator in a process of its own, on a free port; resolves when it has printed its links.
 *
 * @param {string} data its data folder
 * @returns {Promise<{url: string, signInLink: string, stop: () => Promise<void>}>}
 */
export async function startCoordinator(data) {
  const args = [inRoot('scripts', 'start.mjs'), '--port', '0', '--data', data]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const signInLink = await new Promise((resolve, reject) => {
    let output = ''
    const timer = setTimeout(() => reject(new Error(`no links came:\n${output}`)), START_WITHIN_MS)
    const read = (chunk) => {
      output = (output + chunk).slice(-OUTPUT_KEPT)
      const link = /https?:\/\/\S+\/operator\/sign-in\?token=[\w-]+/.exec(output)?.[0]
      if (!link) return
      clearTimeout(timer)
      resolve(link)
    }
    child.stdout.on('data', read)
    child.stderr.on('data', read)
    child.once('exit', (code) => {
      clearTimeout(timer)
      reject(new Error(`the coordinator ended with code ${code}:\n${output}`))
    })
  })
  return {
    url: new URL(signInLink).origin,
    signInLink,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}
