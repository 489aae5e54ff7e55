import { spawn } from 'node:child_process'
import { inRoot, root } from './root.mjs'

const KILL_GRACE_MS = 5_000

/** Path of a tool's script inside node_modules, to be run with `node`. */
export const toolPath = (...parts) => inRoot('node_modules', ...parts)

/**
 * Runs a program to its end. It lives in its own process group, which dies with this process's
 * SIGINT or SIGTERM and at the deadline, so that no npm, browser or compiler is left behind.
 *
 * @param {string} command program, or 'node' for this very Node
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, timeoutMs: number, live?: boolean}} options
 *   env is added to this process's; live: output goes to the terminal instead of `output`
 * @returns {Promise<{code: number, output: string, timedOut: boolean, elapsedMs: number}>}
 */
export function runCommand(command, args, { cwd = root, env = {}, timeoutMs, live = false }) {
  const startMs = Date.now()
  const posix = process.platform !== 'win32'
  const child = spawn(command === 'node' ? process.execPath : command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', live ? 'inherit' : 'pipe', live ? 'inherit' : 'pipe'],
    detached: posix,
    shell: !posix && command !== 'node',
  })
  const chunks = []
  child.stdout?.on('data', (chunk) => chunks.push(chunk))
  child.stderr?.on('data', (chunk) => chunks.push(chunk))

  const kill = (signal) => {
    try {
      if (posix) process.kill(-child.pid, signal)
      else child.kill(signal)
    } catch (error) {
      if (error.code !== 'ESRCH') throw error // already gone
    }
  }
  let timedOut = false
  let graceTimer
  const deadline = setTimeout(() => {
    timedOut = true
    kill('SIGTERM')
    graceTimer = setTimeout(() => kill('SIGKILL'), KILL_GRACE_MS)
  }, timeoutMs)
  const stop = (signal) => {
    kill(signal)
    process.exit(signal === 'SIGINT' ? 130 : 143)
  }
  process.once('SIGINT', stop).once('SIGTERM', stop)

  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(deadline)
      clearTimeout(graceTimer)
      process.off('SIGINT', stop).off('SIGTERM', stop)
    }
    child.once('error', (error) => {
      settle()
      reject(error)
    })
    child.once('close', (code) => {
      settle()
      const output = Buffer.concat(chunks).toString('utf8')
      resolve({ code: code ?? 1, output, timedOut, elapsedMs: Date.now() - startMs })
    })
  })
}

/** Like {@link runCommand}, but an exit code other than 0 is an Error that carries the output. */
export async function mustRun(command, args, options) {
  const result = await runCommand(command, args, options)
  if (result.code === 0 && !result.timedOut) return result
  const how = result.timedOut ? 'took too long and was stopped' : `ended with code ${result.code}`
  throw new Error(`${command} ${args.join(' ')} ${how}\n${result.output.trimEnd()}`)
}
