/** `npm run bench`, once it is built: flags in, progress on stderr, tables on stdout. */
import { writeFile } from 'node:fs/promises'
import { helpText, readCommand } from './flags.ts'
import { thisMachine } from './machine.ts'
import { report } from './report.ts'
import type { Bench, Findings } from './section.ts'
import { reached } from './section.ts'
import { sections } from './sections.ts'

/** Rejects with a coded error for flags that do not pass and for a fast path that is wrong. */
export async function main(argv: readonly string[], { chromium }: Pick<Bench, 'chromium'>) {
  const command = readCommand(
    argv,
    sections.map(({ id }) => id),
  )
  if (!command) {
    process.stdout.write(helpText(sections))
    return
  }
  const machine = thisMachine()
  process.stdout.write(
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Node ${machine.node}\n`,
  )
  const found: ({ id: string; title: string } & Findings)[] = []
  for (const { id, load } of sections.filter((one) => command.only?.includes(one.id) ?? true)) {
    const section = await load()
    const bench: Bench = {
      repeats: command.repeats,
      chromium,
      progress: (text) => void process.stderr.write(`· ${id}: ${text}\n`),
    }
    const findings = await section.run(bench)
    found.push({ id, title: section.title, ...findings })
    process.stdout.write(report(section.title, findings))
  }
  if (command.jsonPath !== null) {
    const json = found.map((one) => ({
      ...one,
      reaches: one.reaches.map((reach) => ({ ...reach, reached: reached(reach) })),
    }))
    await writeFile(
      command.jsonPath,
      `${JSON.stringify({ machine, repeats: command.repeats, sections: json }, null, 2)}\n`,
    )
  }
}
