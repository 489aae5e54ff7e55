import type { Tile } from '../kernels/tile.ts'
import { tile, tilesOf } from '../kernels/tile.ts'
import { signAt } from '../sign/pack.ts'
import { wordsOf } from '../sign/tile-signs.ts'
import type { Slice } from '../tally/slices.ts'
import { gridValues } from './grid.ts'
import type { FloatVector, SignWords, Verdict } from './method.ts'

/** Below it float32 is subnormal, and GPUs differ in whether they keep it. */
const SMALLEST_NORMAL = 2 ** -126

/**
 * Takes the verdict's step in place: x_i ← fround(x_i − δ_i) in every valid slice; −0 and results
 * below 2⁻¹²⁶ in size become +0. The same bits on every machine: δ_i is read, never computed next
 * to the subtraction, and a float64 difference of two float32 rounds to their float32 difference.
 *
 * `x` is [d]; in float64 (golden vectors) nothing is rounded to float32.
 *
 * Source: METHODS.md, edge rules.
 */
export function applyVerdict(
  x: FloatVector,
  verdict: Verdict,
  slices: readonly Slice[],
  block: number,
): void {
  slices.forEach((slice) => {
    if (!verdict.valid[slice.index] || verdict.kind === 'none') return
    if (verdict.kind === 'signs' && x instanceof Float32Array) applySigns(x, slice, verdict)
    else applySlice(x, slice, stepsOf(verdict, slice, { block, exact: x instanceof Float64Array }))
  })
}

/** One step, and the signs of all coordinates. */
interface SignedStep {
  readonly signs: SignWords
  readonly step: number
}

/** As `applySlice`, for signs of one step. */
function applySigns(x: Float32Array, slice: Slice, verdict: SignedStep): void {
  const scratch = Math.fround(verdict.step) === verdict.step ? tile() : null
  if (scratch === null) applySignsInWords(x, slice, verdict)
  else applySignsInWasm(scratch, x, slice, verdict)
}

/** By the kernel of shared/kernels/vector.ts, tile by tile; float32 alone is exact there too. */
function applySignsInWasm(scratch: Tile, x: Float32Array, slice: Slice, verdict: SignedStep): void {
  for (const piece of tilesOf(scratch, slice.start, slice.end)) {
    const [from, words] = [piece.start % 32, wordsOf(piece)]
    const first = piece.start >>> 5
    scratch.x.set(x.subarray(piece.start, piece.end), from)
    scratch.plus.set(verdict.signs.subarray(first, first + words))
    scratch.kernels.vectorStep(words, verdict.step)
    x.set(scratch.x.subarray(from, from + piece.end - piece.start), piece.start)
  }
}

/** In plain TypeScript: a word at a time, of which a slice may hold parts at its ends. */
export function applySignsInWords(
  x: Float32Array,
  { start, end }: Slice,
  { signs, step }: SignedStep,
): void {
  for (let word = start >>> 5; 32 * word < end; word++) {
    const bits = signs[word] ?? 0
    const last = Math.min(end, 32 * word + 32)
    for (let i = Math.max(start, 32 * word); i < last; i++) {
      const moved = Math.fround((x[i] ?? 0) - ((bits >>> (i & 31)) & 1 ? step : -step))
      x[i] = Math.abs(moved) < SMALLEST_NORMAL ? 0 : moved
    }
  }
}

/**
 * Writes δ_i to `out` [d] in every valid slice, as float32: the steps that `applyVerdict` takes,
 * for those who subtract them elsewhere.
 */
export function stepsInto(
  out: Float32Array,
  verdict: Exclude<Verdict, { kind: 'none' }>,
  slices: readonly Slice[],
  block: number,
): void {
  for (const slice of slices) {
    if (!verdict.valid[slice.index]) continue
    const steps = stepsOf(verdict, slice, { block, exact: false })
    for (let i = slice.start; i < slice.end; i++) out[i] = steps(i)
  }
}

/** δ of coordinate i; asked in ascending order. */
type Steps = (i: number) => number

function stepsOf(
  verdict: Exclude<Verdict, { kind: 'none' }>,
  slice: Slice,
  { block, exact }: { readonly block: number; readonly exact: boolean },
): Steps {
  switch (verdict.kind) {
    case 'signs': {
      const { signs, step } = verdict
      return (i) => signAt(signs, i) * step
    }
    case 'dense': {
      const { steps } = verdict
      return (i) => steps[i] ?? NaN
    }
    case 'sparse': {
      const steps = new Map([...verdict.indices].map((i, j) => [i, verdict.steps[j] ?? NaN]))
      return (i) => steps.get(i) ?? 0
    }
    case 'signed': {
      const { signs, steps, ends } = verdict
      let range = 0
      return (i) => {
        while (i >= (ends[range] ?? Infinity)) range += 1
        return signAt(signs, i) * (steps[range] ?? NaN)
      }
    }
    case 'scaled': {
      const { signs } = verdict
      const grid = gridValues(verdict.steps)
      const steps = exact ? grid : Float32Array.from(grid)
      return (i) => signAt(signs, i) * (steps[Math.floor(i / block)] ?? NaN)
    }
    case 'sums': {
      const { sums } = verdict
      const table = verdict.tables[verdict.tableOf[slice.index] ?? -1]
      if (!table) throw new RangeError(`the verdict has no table for slice ${slice.index}`)
      const middle = (table.length - 1) / 2
      return (i) => {
        const step = table[(sums[i] ?? NaN) + middle]
        if (step === undefined) throw new RangeError(`sum ${sums[i]} at ${i} is not in its table`)
        return step
      }
    }
  }
}

function applySlice(x: FloatVector, { start, end }: Slice, steps: Steps): void {
  const round = x instanceof Float32Array ? Math.fround : (value: number) => value
  for (let i = start; i < end; i++) {
    const moved = round((x[i] ?? 0) - steps(i))
    x[i] = Math.abs(moved) < SMALLEST_NORMAL ? 0 : moved
  }
}
