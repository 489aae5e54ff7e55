import { costOf } from './cost.ts'
import type { Job } from './job.ts'
import type { StoredResult } from './results.ts'

/** Whatever computes jobs, one at a time. */
export interface Computer {
  compute(job: Job, onDone: (share: number) => void): Promise<StoredResult>
}

/** How far all jobs are together. */
export interface PoolProgress {
  readonly finished: number
  readonly jobs: number
  /** Share of the whole work, 0..1, by estimated cost. */
  readonly share: number
}

/**
 * Computes `jobs` in order, each on the first computer that is free. Results are given to `keep` as
 * they come. The first failure ends it: what runs then is finished and kept, nothing new begins.
 */
export async function computeAll(
  jobs: readonly Job[],
  computers: readonly Computer[],
  {
    keep,
    onProgress,
  }: {
    readonly keep: (job: Job, result: StoredResult) => Promise<void>
    readonly onProgress: (progress: PoolProgress) => void
  },
): Promise<void> {
  const costs = jobs.map(costOf)
  const whole = costs.reduce((sum, cost) => sum + cost, 0)
  const shares = new Map<number, number>()
  let finished = 0
  let next = 0
  let failed = false
  const tell = () => {
    let done = 0
    for (const [at, share] of shares) done += share * (costs[at] ?? 0)
    onProgress({ finished, jobs: jobs.length, share: done / whole })
  }
  const work = async (computer: Computer) => {
    while (!failed && next < jobs.length) {
      const at = next++
      const job = jobs[at]
      if (!job) return
      try {
        const result = await computer.compute(job, (share) => {
          shares.set(at, share)
          tell()
        })
        await keep(job, result)
      } catch (error) {
        failed = true
        throw error
      }
      finished += 1
      shares.set(at, 1)
      tell()
    }
  }
  const ends = await Promise.allSettled(computers.map(work))
  const failure = ends.find((end) => end.status === 'rejected')
  if (failure) throw failure.reason
}
