import type { DataSet } from '@quorate/coordinator/data/data-set'
import { simulate } from '../simulator/simulate.ts'
import type { Job } from './job.ts'
import type { StoredResult } from './results.ts'
import { storedSimulation, storedToy } from './results.ts'
import { playToy } from './toy.ts'

/** Computes one job; `onDone` is told the share that is done, 0..1. */
export async function compute(
  job: Job,
  data: DataSet,
  onDone: (share: number) => void,
): Promise<StoredResult> {
  switch (job.kind) {
    case 'simulation': {
      const result = await simulate(job.settings, data, ({ round, rounds }) =>
        onDone(round / rounds),
      )
      return storedSimulation(result)
    }
    case 'toy':
      return storedToy(
        job,
        playToy(job.settings, data, (round) => onDone(round / job.settings.rounds)),
      )
  }
}
