import type { Job } from './job.ts'
import type { Played, Simulated, StoredResult } from './results.ts'

/** Where pages look results up. */
export interface Results {
  of(job: Job): StoredResult | null
}

/** A job of each seed 1..n. */
export type Seeded = (seed: number) => Job

/** Values of the seeds that are computed, of `wanted`. */
export interface Sample {
  readonly values: readonly number[]
  readonly wanted: number
}

/** What is there of a job's seeds. */
function resultsOf(results: Results, job: Seeded, seeds: number): StoredResult[] {
  return Array.from({ length: seeds }, (_, k) => results.of(job(k + 1))).filter(
    (result) => result !== null,
  )
}

export function simulationsOf(results: Results, job: Seeded, seeds: number): Simulated[] {
  return resultsOf(results, job, seeds).filter((result) => result.kind === 'simulation')
}

export function toysOf(results: Results, job: Seeded, seeds: number): Played[] {
  return resultsOf(results, job, seeds).filter((result) => result.kind === 'toy')
}

/** A figure of every seed's simulation. */
export function sampleOf(
  results: Results,
  { job, seeds }: { readonly job: Seeded; readonly seeds: number },
  figure: (result: Simulated) => number = ({ finalAccuracy }) => finalAccuracy,
): Sample {
  return { values: simulationsOf(results, job, seeds).map(figure), wanted: seeds }
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** Standard deviation of a sample of two or more. */
function deviation(values: readonly number[]): number {
  const middle = mean(values)
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0)
  return Math.sqrt(squares / (values.length - 1))
}

/** An accuracy: ".931", "1.000". */
export function accuracyText(value: number): string {
  return value.toFixed(3).replace(/^0/, '')
}

/** Mean ± standard deviation; "–" where nothing is computed; "(n)" where only n seeds are. */
export function sampleText({ values, wanted }: Sample, text = accuracyText): string {
  if (values.length === 0) return '–'
  const spread = values.length > 1 ? ` ± ${text(deviation(values))}` : ''
  const part = values.length < wanted ? ` (${values.length})` : ''
  return `${text(mean(values))}${spread}${part}`
}

/** The curve of a result, mean over the seeds that have a point at that round. */
export function meanCurve(
  results: readonly Simulated[],
  x: (point: Simulated['curve'][number]) => number,
): (readonly [number, number])[] {
  const [first] = results
  return (first?.curve ?? []).map((_, at) => {
    const points = results.flatMap(({ curve }) => {
      const point = curve[at]
      return point ? [point] : []
    })
    return [mean(points.map(x)), mean(points.map(([, accuracy]) => accuracy))] as const
  })
}

/** Mean of a sample, null where nothing is computed. */
export function meanOf({ values }: Sample): number | null {
  return values.length === 0 ? null : mean(values)
}

/** `text` when every sample has a seed, else a sentence that says what is missing. */
export function readingOf(samples: readonly Sample[], text: () => string): string {
  const computed = samples.every(({ values }) => values.length > 0)
  return computed ? `To be read: ${text()}` : 'To be read when all of it has at least one seed.'
}
