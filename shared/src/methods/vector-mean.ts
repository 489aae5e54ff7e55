import type { CoordinatorHalf, MergedVectors, VectorMethod, Verdict } from './method.ts'
import { noState, noUnits } from './saved-state.ts'
import type { VectorShape } from './shape.ts'
import { zeros } from './shape.ts'

/**
 * Dense float32 mean: x −= γ·mean g. With local steps it is FedAvg: g is then the displacement
 * (x_t − x_n)/γ_local, times the share of the contributor's data.
 *
 * Source: McMahan et al. 2017, arXiv 1602.05629, for FedAvg.
 */
export function denseMean(shape: VectorShape): VectorMethod {
  return {
    kind: 'vectors',
    form: { kind: 'dense' },
    contributor: {
      init: () => null,
      cast(_state, gradient) {
        const values = zeros(shape)
        values.set(gradient)
        return { sent: { kind: 'dense', values }, pending: null }
      },
      settle: () => {},
      loudness: () => null,
    },
    coordinator: {
      ...noState,
      ...noUnits,
      decide: (_state, merged, { learningRate, valid }) =>
        meanVerdict(merged, { factor: learningRate, valid, shape }),
    },
  }
}

/** The coordinator half of methods whose contributions hold γ already: x −= mean sent. No state. */
export function meanSent(shape: VectorShape): CoordinatorHalf<MergedVectors, null> {
  return {
    ...noState,
    ...noUnits,
    decide: (_state, merged, { valid }) => meanVerdict(merged, { factor: 1, valid, shape }),
  }
}

/** δ = factor·sum/P: sparse where the sum is and where that is shorter, else dense. */
function meanVerdict(
  { sum, voters, d }: MergedVectors,
  at: {
    readonly factor: number
    readonly valid: readonly boolean[]
    readonly shape: VectorShape
  },
): Verdict {
  const common = { valid: [...at.valid], nextUnits: null }
  const stepOf = (value: number) => at.factor * (value / voters.length)
  if (!at.valid[0]) return { kind: 'dense', steps: zeros(at.shape), ...common }
  const steps = sum.values.map(stepOf)
  if (sum.kind === 'dense') return { kind: 'dense', steps, ...common }
  if (sparseBits(sum.indices.length, d) < 32 * d) {
    return { kind: 'sparse', indices: sum.indices, steps, ...common }
  }
  const dense = zeros(at.shape)
  sum.indices.forEach((i, j) => {
    dense[i] = steps[j] ?? 0
  })
  return { kind: 'dense', steps: dense, ...common }
}

/** Bits of `count` coordinates of d: a float32 and ⌈log₂ d⌉ bits of index each. */
function sparseBits(count: number, d: number): number {
  return count * (32 + Math.ceil(Math.log2(d)))
}
