/** `npm run simulate`, once it is built: flags in, progress on stderr, a table on stdout. */
import { writeFile } from 'node:fs/promises'
import { chart } from './chart.ts'
import { openData } from './data.ts'
import { helpText, readCommand } from './flags.ts'
import { ProgressLine } from './progress-line.ts'
import type { Finished } from './report.ts'
import { table } from './report.ts'
import { simulate } from './simulate.ts'

/** Rejects with a coded error for flags, settings or data that do not pass. */
export async function main(argv: readonly string[]): Promise<void> {
  const command = readCommand(argv)
  if (!command) {
    process.stdout.write(helpText())
    return
  }
  const data = await openData(command.dataFolder)
  const finished: Finished[] = []
  for (const [at, { label, settings }] of command.simulations.entries()) {
    const place = { label, simulation: at + 1, simulations: command.simulations.length }
    const line = new ProgressLine(process.stderr, () => performance.now(), place)
    const result = await simulate(settings, data, (progress) => line.show(progress))
    finished.push({ label, result, tookMs: line.end() })
  }
  if (command.outPath !== null) {
    const results = finished.map(({ label, result }) => ({ label, ...result }))
    const out = results.length === 1 ? finished[0]?.result : results
    await writeFile(command.outPath, `${JSON.stringify(out, null, 2)}\n`)
  }
  if (command.plotPath !== null) await writeFile(command.plotPath, chart(finished))
  process.stdout.write(table(finished))
}
