import type { Experiment } from './experiment.ts'
import type { Results } from './figures.ts'
import { jobId } from './job.ts'

export function pageName({ id, name }: Pick<Experiment, 'id' | 'name'>): string {
  return `${id}-${name}.md`
}

/** How many of an experiment's jobs are computed. */
export function countOf(
  experiment: Experiment,
  results: Results,
): { readonly done: number; readonly wanted: number } {
  const seeds = Array.from({ length: experiment.seeds }, (_, k) => k + 1)
  const jobs = new Map(
    seeds.flatMap((seed) => experiment.jobs(seed)).map((job) => [jobId(job), job]),
  )
  const done = [...jobs.values()].filter((job) => results.of(job) !== null).length
  return { done, wanted: jobs.size }
}
