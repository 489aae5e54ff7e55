import type {
  DenseVector,
  FloatVector,
  MergedVectors,
  SparseVector,
  VectorContribution,
} from './method.ts'
import { signAt } from '../sign/pack.ts'

export interface NamedVector {
  readonly contributor: number
  readonly vector: VectorContribution
}

interface SumShape {
  readonly d: number
  readonly tensors: readonly { readonly offset: number; readonly size: number }[]
  readonly precision: 'float32' | 'float64'
}

/**
 * Adds up vectors of one form, in float64 and in the order of contributors' numbers: floats add to
 * other last bits in another order, and the same round must always come to the same sum. Rounded
 * once, at the end. Sparse vectors add up to a sparse one, the others to a dense one.
 */
export function sumVectors(vectors: readonly NamedVector[], shape: SumShape): MergedVectors {
  const sorted = [...vectors].sort((a, b) => a.contributor - b.contributor)
  const total = new Float64Array(shape.d)
  const touched = new Uint8Array(shape.d)
  let sparse = sorted.length > 0
  for (const { vector } of sorted) {
    if (vector.kind === 'sparse') {
      addSparse(total, vector)
      for (const i of vector.indices) touched[i] = 1
    } else {
      sparse = false
      if (vector.kind === 'dense') addDense(total, vector)
      else addSigned(total, vector, shape)
    }
  }
  const voters = sorted.map(({ contributor }) => contributor)
  const rounded = (values: Float64Array): FloatVector =>
    shape.precision === 'float64' ? values : Float32Array.from(values)
  if (!sparse) return { d: shape.d, voters, sum: { kind: 'dense', values: rounded(total) } }
  const indices = placesOf(touched)
  const values = Float64Array.from(indices, (i) => total[i] ?? 0)
  return { d: shape.d, voters, sum: { kind: 'sparse', indices, values: rounded(values) } }
}

function addDense(total: Float64Array, { values }: DenseVector): void {
  for (let i = 0; i < total.length; i++) total[i] = (total[i] ?? 0) + (values[i] ?? 0)
}

function addSparse(total: Float64Array, { indices, values }: SparseVector): void {
  for (let j = 0; j < indices.length; j++) {
    const i = indices[j] ?? 0
    total[i] = (total[i] ?? 0) + (values[j] ?? 0)
  }
}

function addSigned(
  total: Float64Array,
  { signs, scales }: VectorContribution & { kind: 'signed' },
  { tensors }: SumShape,
): void {
  tensors.forEach(({ offset, size }, at) => {
    const scale = scales[at] ?? 0
    for (let i = offset; i < offset + size; i++) {
      total[i] = (total[i] ?? 0) + signAt(signs, i) * scale
    }
  })
}

/** The coordinates that are marked, ascending. */
function placesOf(marks: Uint8Array): Uint32Array {
  let count = 0
  for (let i = 0; i < marks.length; i++) count += marks[i] ?? 0
  const places = new Uint32Array(count)
  let next = 0
  for (let i = 0; i < marks.length; i++) if (marks[i]) places[next++] = i
  return places
}
