import type { DataSet } from '@quorate/coordinator/data/data-set'
import type { Generator } from '@quorate/shared/random/generator'
import { generator } from '@quorate/shared/random/generator'
import type { ToyProblem } from './toy-settings.ts'

/** A function to be made small, and noisy gradients of it. */
export interface Problem {
  readonly x0: Float64Array
  /** f at x [d]. */
  value(x: Float64Array): number
  /** A stochastic gradient at x, a new array [d]; all its chance comes from `chance`. */
  gradient(x: Float64Array, chance: Generator): Float64Array
}

const START_PATH = 0x73747274

/** `data` is only looked at by the problems made of it. */
export function problemOf(settings: ToyProblem, seed: number, data: DataSet): Problem {
  switch (settings.kind) {
    case 'rosenbrock':
      return rosenbrock(settings)
    case 'parabola':
      return parabola(settings, generator(seed, START_PATH))
    case 'logistic':
      return logistic(settings, data)
  }
}

function rosenbrock({ d, noise }: { d: number; noise: number }): Problem {
  return {
    // The customary start: −1.2, 1, −1.2, 1, …
    x0: Float64Array.from({ length: d }, (_, i) => (i % 2 === 0 ? -1.2 : 1)),
    value(x) {
      let sum = 0
      for (let i = 0; i + 1 < d; i++) {
        const [at = 0, next = 0] = [x[i], x[i + 1]]
        sum += 100 * (next - at * at) ** 2 + (1 - at) ** 2
      }
      return sum
    },
    gradient(x, chance) {
      const g = Float64Array.from(x, () => noise * chance.normal())
      for (let i = 0; i + 1 < d; i++) {
        const [at = 0, next = 0] = [x[i], x[i + 1]]
        const bend = next - at * at
        g[i] = (g[i] ?? 0) - 400 * at * bend - 2 * (1 - at)
        g[i + 1] = (g[i + 1] ?? 0) + 200 * bend
      }
      return g
    },
  }
}

function parabola(
  { d, noise, noisy }: { d: number; noise: number; noisy: number },
  start: Generator,
): Problem {
  return {
    x0: Float64Array.from({ length: d }, () => start.normal()),
    value: (x) => x.reduce((sum, each) => sum + each * each, 0) / 2,
    gradient: (x, chance) =>
      x.map((each, i) => (i < noisy ? each + noise * chance.normal() : each)),
  }
}

function logistic(
  { records, lambda }: { records: number; lambda: number },
  { labels, features, recordBytes: d }: DataSet,
): Problem {
  const rows = Array.from({ length: records }, (_, record) => {
    const row = Float64Array.from(features.subarray(record * d, (record + 1) * d))
    const length = Math.sqrt(row.reduce((sum, each) => sum + each * each, 0)) || 1
    return { a: row.map((each) => each / length), y: (labels[record] ?? 0) % 2 === 1 ? 1 : -1 }
  })
  const dot = (a: Float64Array, x: Float64Array) => {
    let sum = 0
    for (let i = 0; i < d; i++) sum += (a[i] ?? 0) * (x[i] ?? 0)
    return sum
  }
  return {
    x0: new Float64Array(d),
    value(x) {
      const loss = rows.reduce((sum, { a, y }) => sum + softplus(-y * dot(a, x)), 0)
      return loss / records + (lambda / 2) * dot(x, x)
    },
    gradient(x, chance) {
      const { a, y } = rows[chance.below(records)] ?? { a: x, y: 0 }
      // d/dz log(1 + e^−yz) = −y / (1 + e^yz)
      const slope = -y / (1 + Math.exp(y * dot(a, x)))
      const g = new Float64Array(d)
      for (let i = 0; i < d; i++) g[i] = slope * (a[i] ?? 0) + lambda * (x[i] ?? 0)
      return g
    },
  }
}

/** log(1 + e^z) without overflow. */
function softplus(z: number): number {
  return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)))
}
