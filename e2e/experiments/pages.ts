import { mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Experiment } from './experiment.ts'
import type { Results } from './figures.ts'
import { indexPage } from './index-page.ts'
import { blocks } from './markdown.ts'
import { countOf, pageName } from './page-facts.ts'

/**
 * Writes the index, a page an experiment and all charts under `folder`, from results alone: the
 * same results give the same bytes. Charts that no page has any more are deleted. Returns how many
 * files were written.
 */
export async function writePages(
  folder: string,
  experiments: readonly Experiment[],
  results: Results,
): Promise<number> {
  const charts = new Map<string, string>()
  const files = new Map([['README.md', indexPage(experiments, results)]])
  for (const experiment of experiments) {
    const { text, charts: drawn } = experiment.page(results)
    for (const [name, svg] of Object.entries(drawn)) charts.set(`${name}.svg`, svg)
    const page = blocks(
      `# ${experiment.title}`,
      HEADER,
      missingNote(experiment, results),
      text,
      '[All experiments](README.md)',
    )
    files.set(pageName(experiment), `${page}\n`)
  }
  const chartFolder = join(folder, 'charts')
  await mkdir(chartFolder, { recursive: true })
  for (const [name, text] of files) await writeFile(join(folder, name), text)
  for (const [name, svg] of charts) await writeFile(join(chartFolder, name), svg)
  for (const name of await readdir(chartFolder)) {
    if (name.endsWith('.svg') && !charts.has(name)) await rm(join(chartFolder, name))
  }
  return files.size + charts.size
}

const HEADER = '<!-- Written by `npm run experiments`; do not edit. -->'

/** Says plainly what of a page is not computed yet; null when all of it is. */
function missingNote(experiment: Experiment, results: Results): string | null {
  const { done, wanted } = countOf(experiment, results)
  if (done === wanted) return null
  return (
    `> **Not all of this is computed yet**: ${done} of ${wanted} simulations. "–" is a cell without any; ` +
    `"(1)" or "(2)" is one with so many of its seeds. \`npm run experiments -- --only ${experiment.id}\` goes on.`
  )
}
