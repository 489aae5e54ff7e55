import { generator } from '../random/generator.ts'
import type { ContributorHalf, FloatVector, VectorContribution, VectorMethod } from './method.ts'
import type { MethodSettings } from './settings.ts'
import type { VectorShape } from './shape.ts'
import { zeros } from './shape.ts'
import { meanSent } from './vector-mean.ts'

type Settings = Extract<MethodSettings, { id: 'mem-sgd' }>

interface Memory {
  /** m, [d]: what is owed; stays 0 without memory. */
  readonly m: FloatVector
}

interface Claim {
  readonly p: FloatVector
  readonly indices: Uint32Array
}

/** The path of the generators that draw a round's coordinates for everybody. */
const COORDINATES = 0x6d656d

/**
 * Sparsified SGD with memory: m ← m + γg; k coordinates of m are sent, the largest, or the same
 * drawn ones for everybody, without d/k rescaling; what was sent is cleared; x −= mean sent.
 * Without memory the rest is forgotten: the paper's baseline, which fails.
 *
 * Source: Stich et al. 2018, arXiv 1809.07599, algorithm 1.
 */
export function memSgd(settings: Settings, shape: VectorShape): VectorMethod {
  const k = keptCount(settings.share, shape.d)
  const shared = settings.select === 'random' ? drawnOnce(k, shape.d) : null
  const contributor: ContributorHalf<VectorContribution, Memory, Claim> = {
    init: () => ({ m: zeros(shape) }),
    cast({ m }, gradient, terms) {
      const p = zeros(shape)
      for (let i = 0; i < p.length; i++)
        p[i] = (m[i] ?? 0) + terms.learningRate * (gradient[i] ?? 0)
      const indices = shared ? shared(terms) : largestIndices(p, k)
      const picked = Float64Array.from(indices, (i) => p[i] ?? 0)
      const values = shape.precision === 'float32' ? Float32Array.from(picked) : picked
      return { sent: { kind: 'sparse', indices, values }, pending: { p, indices } }
    },
    settle(state, { p, indices }, settlement) {
      if (settlement.kind === 'void' || !settings.memory) return
      state.m.set(p)
      if (settlement.counted[0]) for (const i of indices) state.m[i] = 0
    },
    loudness: () => null,
  }
  return {
    kind: 'vectors',
    form: { kind: 'sparse', k, shared },
    contributor,
    coordinator: meanSent(shape),
  }
}

/** How many of d coordinates are sent: the share, rounded, and at least one. */
function keptCount(share: number, d: number): number {
  return Math.max(1, Math.round(share * d))
}

/** The k coordinates of largest size, ascending; of equal ones the lower. */
export function largestIndices(v: FloatVector, k: number): Uint32Array {
  const sizes = Float64Array.from(v, Math.abs)
  const threshold = sizes.slice().sort()[v.length - k] ?? 0
  let above = 0
  for (let i = 0; i < sizes.length; i++) above += Number((sizes[i] ?? 0) > threshold)
  let atThreshold = k - above
  const indices = new Uint32Array(k)
  let next = 0
  for (let i = 0; i < sizes.length && next < k; i++) {
    const size = sizes[i] ?? 0
    if (size > threshold || (size === threshold && atThreshold-- > 0)) indices[next++] = i
  }
  return indices
}

/** `drawnIndices`, remembering the last round's: everybody asks for the same. */
function drawnOnce(k: number, d: number): (at: { runSeed: number; round: number }) => Uint32Array {
  let last: { runSeed: number; round: number; indices: Uint32Array } | null = null
  return ({ runSeed, round }) => {
    if (last?.runSeed !== runSeed || last.round !== round) {
      last = { runSeed, round, indices: drawnIndices(k, d, runSeed, round) }
    }
    return last.indices
  }
}

/** k of d coordinates, drawn without replacement at (run seed, round); ascending. */
export function drawnIndices(k: number, d: number, runSeed: number, round: number): Uint32Array {
  const chance = generator(runSeed, COORDINATES, round)
  // Floyd's sampling: one draw for each coordinate kept.
  const chosen = new Uint8Array(d)
  for (let last = d - k; last < d; last++) {
    const i = chance.below(last + 1)
    chosen[chosen[i] ? last : i] = 1
  }
  const indices = new Uint32Array(k)
  let next = 0
  for (let i = 0; i < d; i++) if (chosen[i]) indices[next++] = i
  return indices
}
