import { partitions } from './a-partitions.ts'
import { adversaries } from './b-adversaries.ts'
import { sampling } from './c-sampling.ts'
import { localSteps } from './d-local-steps.ts'
import { rosenbrock } from './e-rosenbrock.ts'
import type { Experiment } from './experiment.ts'
import { memory } from './f-memory.ts'
import { noise } from './g-noise.ts'
import { largerModels } from './h-larger-models.ts'
import { loneClass } from './i-lone-class.ts'
import type { Job } from './job.ts'
import { jobId } from './job.ts'
import { bursts } from './j-bursts.ts'
import { longSsdm } from './k-long-ssdm.ts'

/** In the order of the index, and of computing. */
export const EXPERIMENTS: readonly Experiment[] = [
  partitions,
  adversaries,
  sampling,
  localSteps,
  rosenbrock,
  memory,
  noise,
  largerModels,
  loneClass,
  bursts,
  longSsdm,
]

/**
 * All jobs of `experiments` for seeds 1..`seeds`, each once: the first seed of everything, then the
 * others, and last what is large.
 */
export function queueOf(experiments: readonly Experiment[], seeds: number): Job[] {
  const passes = [false, true].flatMap((late) =>
    Array.from({ length: seeds }, (_, k) => ({ late, seed: k + 1 })),
  )
  const jobs = passes.flatMap(({ late, seed }) =>
    experiments
      .filter((each) => (each.late ?? false) === late && seed <= each.seeds)
      .flatMap((each) => each.jobs(seed)),
  )
  return [...new Map(jobs.map((one) => [jobId(one), one])).values()]
}
