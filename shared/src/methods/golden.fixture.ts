/** The golden files: what they hold, and what every test that plays them needs. */
import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import type { Slice } from '../tally/slices.ts'
import { blockCount } from '../tally/slices.ts'
import type { MethodOptions } from './create.ts'
import type { FloatVector } from './method.ts'
import type { UniformSource } from './uniform-source.ts'

interface GoldenRound {
  unit: number[]
  weights: number[][] | Record<string, number[]>
  tally: number[]
  voters?: number[]
  step_scale?: number[]
}

export interface GoldenMethod {
  lr: number
  x: number[][]
  messages?: number[][][]
  rounds?: GoldenRound[]
  e_final?: number[][]
}

export interface Golden {
  workers: number
  block: number
  rounds: number
  K: number
  tau?: number
  h: number[][]
  c: number[][]
  x0: number[]
  slices?: number[][]
  u_stream?: number[][][]
  scale?: number[]
  loud?: number[][]
  here?: boolean[][]
  counted?: boolean[][][]
  methods: Record<string, GoldenMethod>
}

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../golden/${name}`, import.meta.url), 'utf8')) as Golden
export const replay = read('replay.json')
export const edge = read('replay_edge.json')

export type Precision = NonNullable<MethodOptions['precision']>
export const PRECISIONS: readonly { precision: Precision; tolerance: number }[] = [
  { precision: 'float64', tolerance: 1e-9 },
  { precision: 'float32', tolerance: 1e-4 },
]

export function sliceList(golden: Golden): readonly Slice[] {
  const d = golden.x0.length
  const inBlocks = golden.slices ?? [[...Array(blockCount(d, golden.block)).keys()]]
  return inBlocks.map((blocks, index) => {
    const first = blocks[0] ?? NaN
    const start = first * golden.block
    return { index, start, end: Math.min(d, (first + blocks.length) * golden.block) }
  })
}

/** Where a golden run is, for its gradients. */
export interface GoldenPlace {
  readonly golden: Golden
  readonly precision: Precision
  /** The golden x after each round. */
  readonly path: readonly number[][]
}

/**
 * The gradient at x, or, in float32, at the golden x: the files hold signs of rounding noise
 * (2.8e-17), which no float32 trajectory of its own could have.
 */
export function gradientOf(run: GoldenPlace, x: FloatVector, at: { t: number; n: number }) {
  const { golden, precision, path } = run
  const loud = golden.loud?.[at.n]
  const there = precision === 'float64' ? x : (path[at.t - 1] ?? golden.x0)
  const gradient = Array.from(there, (value, i) => {
    const slope = (golden.h[at.n]?.[i] ?? NaN) * (value - (golden.c[at.n]?.[i] ?? NaN))
    return (golden.scale?.[at.t] ?? 1) * (loud?.[i] ?? 1) * slope
  })
  return precision === 'float64' ? Float64Array.from(gradient) : Float32Array.from(gradient)
}

export function expectClose(
  actual: Iterable<number>,
  expected: readonly number[],
  tolerance: number,
) {
  const values = [...actual]
  expect(values.length).toBe(expected.length)
  values.forEach((value, i) => {
    const other = expected[i] ?? NaN
    const error = Math.abs(value - other) / Math.max(1, Math.abs(other))
    expect(error, `${value} at ${i}, not ${other}`).toBeLessThanOrEqual(tolerance)
  })
}

export function goldenMethod(golden: Golden, id: string): GoldenMethod {
  const method = golden.methods[id]
  if (!method) throw new Error(`no golden method ${id}`)
  return method
}

/** Every block is a tensor. */
export const layoutOf = (golden: Golden) => ({
  size: golden.x0.length,
  tensors: Array.from({ length: blockCount(golden.x0.length, golden.block) }, (_, b) => ({
    offset: b * golden.block,
    size: Math.min(golden.block, golden.x0.length - b * golden.block),
  })),
})

export const replayUniforms: UniformSource = (out, { round, contributor }) => {
  out.set(replay.u_stream?.[round]?.[contributor] ?? [])
}
