/** The program: settings, start, links, and a clean end. */
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunView } from '@quorate/shared/api/api'
import { pino } from 'pino'
import { commandOf, runCommand } from './backup/command.ts'
import type { Config } from './config.ts'
import { helpText, readConfig } from './config.ts'
import type { Coordinator } from './coordinator.ts'
import { startCoordinator } from './coordinator.ts'
import { CodedError } from './errors.ts'
import { progressLine, shownLine } from './progress.ts'
import type { Volunteers } from './volunteers.ts'
import { startVolunteers } from './volunteers.ts'

/** On a terminal one line is written over; elsewhere every line stays. */
const PROGRESS_EVERY_MS = { terminal: 1000, log: 10_000 } as const

/** Runs the coordinator until it is told to stop, and then ends the process. */
export async function main(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  try {
    const command = commandOf(argv)
    if (command) return void process.stdout.write(await runCommand(command, argv, env))
    const config = readConfig(argv, env)
    if (config === null) process.stdout.write(helpText())
    else await run(config, env)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    process.stderr.write(`\n${error.code}\n${error.message}\n\n`)
    process.exit(1)
  }
}

async function run(
  config: Config,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  // Lines for people go to stdout, the structured log to stderr.
  const log = pino({ level: config.logLevel }, pino.destination(2))
  const dist = dirname(fileURLToPath(import.meta.url))
  const built = {
    clientFolder: join(dist, '../../client/dist'),
    evaluationWorker: join(dist, 'evaluation-worker.js'),
  }
  const coordinator = await startCoordinator(config, built, log)
  let volunteers: Volunteers | null = null
  endOnSignals(async () => {
    coordinator.training.halt()
    await volunteers?.close()
    await coordinator.close()
  })
  process.stdout.write(linksText(coordinator))
  if (config.volunteers === 0) return
  process.stdout.write(`  Starting ${config.volunteers} volunteers on this machine …\n\n`)
  showProgress(coordinator)
  const first = runForVolunteers(coordinator.training.runs())
  const invite = first ? coordinator.training.invite(first.id) : null
  const path = `${first ? `/run/${first.id}` : '/'}${invite === null ? '' : `#invite=${invite}`}`
  const url = `${coordinator.localUrl}${path}`
  try {
    volunteers = await startVolunteers(config.volunteers, url, { log, env })
  } catch (error) {
    await coordinator.close()
    throw error
  }
}

function linksText({ publicUrl, networkUrls, signInUrl }: Coordinator): string {
  return [
    '',
    '  Quorate is running.',
    '',
    `  Volunteers   ${publicUrl}/`,
    ...networkUrls.map((url) => `               ${url}/ (from other machines)`),
    ...(signInUrl === null
      ? [
          `  Operator     ${publicUrl}/operator`,
          '               (the disk is full: no link could be kept; the password signs in)',
        ]
      : [
          `  Operator     ${signInUrl}`,
          '               (signs in once; every start prints a new one)',
        ]),
    '',
    '  Ctrl-C stops it; the next start goes on where this one ended.',
    '',
    '',
  ].join('\n')
}

/** The newest run that still needs people. */
function runForVolunteers(runs: readonly RunView[]): RunView | undefined {
  return runs.findLast(({ state }) => state.kind !== 'finished') ?? runs.at(-1)
}

function showProgress({ training }: Coordinator): void {
  const { stdout } = process
  const everyMs = stdout.isTTY ? PROGRESS_EVERY_MS.terminal : PROGRESS_EVERY_MS.log
  let shownAtMs = 0
  let shown = ''
  training.subscribe((message) => {
    if (message.type !== 'runs' || Date.now() - shownAtMs < everyMs) return
    const run = runForVolunteers(message.runs)
    const line = run ? progressLine(run) : ''
    if (line === shown) return
    shownAtMs = Date.now()
    shown = line
    stdout.write(shownLine(line, stdout.isTTY ? stdout.columns : null))
  })
}

/** The first signal ends everything in order, the second at once. */
function endOnSignals(close: () => Promise<void>): void {
  let isEnding = false
  const end = (signal: 'SIGINT' | 'SIGTERM') => {
    if (isEnding) process.exit(signal === 'SIGINT' ? 130 : 143)
    isEnding = true
    process.stdout.write('\n  Stopping …\n')
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`  It did not end cleanly: ${String(error)}\n`)
        process.exit(1)
      },
    )
  }
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
}
