import type { Job } from './job.ts'
import type { Results } from './figures.ts'

/** A question, the simulations that answer it, and the page that tells the answer. */
export interface Experiment {
  /** What `--only` takes. */
  readonly id: string
  /** Of its page's file, `<id>-<name>.md`. */
  readonly name: string
  readonly title: string
  /** Seeds 1..n that it is computed with. */
  readonly seeds: number
  /** Large: computed after everything else has all its seeds. */
  readonly late?: true
  /** What it needs of one seed, each job once or more. */
  jobs(seed: number): readonly Job[]
  page(results: Results): Page
}

export interface Page {
  /** Markdown, without the title. */
  readonly text: string
  /** SVG by file name without ending; the text shows them by `picture(name, …)`. */
  readonly charts: Readonly<Record<string, string>>
}
