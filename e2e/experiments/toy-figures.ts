import type { Results, Sample, Seeded } from './figures.ts'
import { mean, toysOf } from './figures.ts'

interface Of {
  readonly job: Seeded
  readonly seeds: number
}

/** f of every seed, at the point nearest to `share` of its rounds. */
export function toySample(results: Results, { job, seeds }: Of, share: number): Sample {
  const values = toysOf(results, job, seeds).map(
    ({ curve }) => curve[Math.round(share * (curve.length - 1))]?.[1] ?? NaN,
  )
  return { values, wanted: seeds }
}

/** f of every seed, its mean over the last fifth of the curve's points. */
export function tailSample(results: Results, { job, seeds }: Of): Sample {
  const values = toysOf(results, job, seeds).map(({ curve }) =>
    mean(curve.slice(-Math.ceil(curve.length / 5)).map(([, value]) => value ?? NaN)),
  )
  return { values, wanted: seeds }
}

/** The curve, its geometric mean over the seeds: f spans decades. */
export function toyCurve(results: Results, { job, seeds }: Of): (readonly [number, number])[] {
  const all = toysOf(results, job, seeds)
  return (all[0]?.curve ?? []).map(([round], at) => {
    const logs = all.map(({ curve }) => Math.log(curve[at]?.[1] ?? NaN))
    return [round, Math.exp(mean(logs))] as const
  })
}

/** Three digits: "0.0112", "8.95", "2060". */
export function valueText(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : 'not finite'
}
