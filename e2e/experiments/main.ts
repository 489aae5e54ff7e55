/** `npm run experiments`, once it is built: computes what is missing, writes docs/experiments. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EXPERIMENTS, queueOf } from './catalogue.ts'
import { helpText, readCommand } from './flags.ts'
import type { Job } from './job.ts'
import { computeAll } from './pool.ts'
import { PoolLine } from './progress.ts'
import { ResultFolder } from './results.ts'
import { ComputingThread } from './thread.ts'
import { writePages } from './pages.ts'

/** Built beside this file. */
const WORKER = fileURLToPath(new URL('experiments-worker.js', import.meta.url))

/**
 * `folder` is docs/experiments. Rejects with a coded error for flags, results or simulations that
 * do not pass.
 */
export async function main(argv: readonly string[], folder: string): Promise<void> {
  const ids = EXPERIMENTS.map(({ id }) => id)
  const command = readCommand(argv, ids)
  if (!command) {
    process.stdout.write(helpText(EXPERIMENTS))
    return
  }
  const all = queueOf(EXPERIMENTS, Math.max(...EXPERIMENTS.map(({ seeds }) => seeds)))
  const results = await ResultFolder.open(join(folder, 'results'), all)
  const chosen = EXPERIMENTS.filter(({ id }) => command.only?.includes(id) ?? true)
  const asked = command.pagesOnly ? [] : queueOf(chosen, command.seeds)
  const missing = command.fresh ? asked : asked.filter((job) => !results.of(job))
  if (missing.length > 0) await computeIn(command.threads, missing, results)
  const written = await writePages(folder, EXPERIMENTS, results)
  const left = all.filter((job) => !results.of(job)).length
  process.stdout.write(
    `${missing.length} simulations computed, ${written} files written in ${folder}` +
      (left > 0 ? `; ${left} simulations are not computed yet\n` : '\n'),
  )
}

async function computeIn(
  threads: number,
  jobs: readonly Job[],
  results: ResultFolder,
): Promise<void> {
  const line = new PoolLine(process.stderr, () => performance.now())
  const count = Math.min(threads, jobs.length)
  const computers = Array.from({ length: count }, () => new ComputingThread(WORKER))
  try {
    await computeAll(jobs, computers, {
      keep: (job, result) => results.keep(job, result),
      onProgress: (progress) => line.show(progress),
    })
  } finally {
    line.end()
    await Promise.all(computers.map((each) => each.close()))
  }
}
