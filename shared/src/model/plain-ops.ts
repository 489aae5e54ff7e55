import type { TensorOps, Weights } from './forward.ts'
import type { Layout } from './layout.ts'

/** A row-major tensor in ordinary memory. */
export interface PlainTensor {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

/** A model's tensors as views of the flat parameters `x` [d]. */
export function plainTensors(layout: Layout, x: Float32Array): readonly PlainTensor[] {
  return layout.tensors.map(({ shape, offset, size }) => ({
    shape,
    data: x.subarray(offset, offset + size),
  }))
}

/** The reference op set: float32 stored, every sum in float64. Slow; other backends answer to it. */
export const plainOps: TensorOps<PlainTensor> = {
  flatten: ({ shape, data }) => ({ shape: [shape[0] ?? 0, sizeOf(shape.slice(1))], data }),
  relu: ({ shape, data }) => ({ shape, data: data.map((value) => Math.max(0, value)) }),
  dense,
  conv2d,
  maxPool,
}

/** out[b, o] = bias[o] + Σ_i in[b, i]·weight[i, o] */
function dense(input: PlainTensor, { weight, bias }: Weights<PlainTensor>): PlainTensor {
  const [batch = 0, inputs = 0] = input.shape
  const [, outputs = 0] = weight.shape
  const data = new Float32Array(batch * outputs)
  const row = new Float64Array(outputs)
  for (let b = 0; b < batch; b++) {
    row.set(bias.data)
    addRows(row, weight.data, input.data.subarray(b * inputs, (b + 1) * inputs))
    data.set(row, b * outputs)
  }
  return { shape: [batch, outputs], data }
}

/** row[o] += Σ_i factors[i]·weights[i, o]; the weights are read in order. */
export function addRows(row: Float64Array, weights: Float32Array, factors: Float32Array): void {
  const outputs = row.length
  for (let i = 0; i < factors.length; i++) {
    const factor = factors[i] ?? 0
    if (factor === 0) continue
    const at = i * outputs
    for (let o = 0; o < outputs; o++) row[o] = (row[o] ?? 0) + factor * (weights[at + o] ?? 0)
  }
}

/** out[b, y, x, :] = bias + Σ in[b, y + dy − pad, x + dx − pad, :] · weight[dy, dx, :, :] */
function conv2d(
  input: PlainTensor,
  { weight, bias }: Weights<PlainTensor>,
  padding: 'same' | 'valid',
): PlainTensor {
  const [batch = 0, height = 0, width = 0, channels = 0] = input.shape
  const [size = 0, , , filters = 0] = weight.shape
  const before = padding === 'same' ? (size - 1) >> 1 : 0
  const cut = padding === 'same' ? 0 : size - 1
  const shape = [batch, height - cut, width - cut, filters]
  const data = new Float32Array(sizeOf(shape))
  const sums = new Float64Array(filters)
  const addPixel = (at: { b: number; y: number; x: number }, tap: number) => {
    if (at.y < 0 || at.y >= height || at.x < 0 || at.x >= width) return
    const pixel = ((at.b * height + at.y) * width + at.x) * channels
    const kernel = tap * channels * filters
    const taps = weight.data.subarray(kernel, kernel + channels * filters)
    addRows(sums, taps, input.data.subarray(pixel, pixel + channels))
  }
  eachPixel(shape, ({ b, y, x }, index) => {
    sums.set(bias.data)
    for (let tap = 0; tap < size * size; tap++) {
      const dy = Math.floor(tap / size) - before
      addPixel({ b, y: y + dy, x: x + (tap % size) - before }, tap)
    }
    data.set(sums, index * filters)
  })
  return { shape, data }
}

function maxPool(input: PlainTensor, size: number): PlainTensor {
  const [batch = 0, height = 0, width = 0, channels = 0] = input.shape
  const shape = [batch, Math.floor(height / size), Math.floor(width / size), channels]
  const data = new Float32Array(sizeOf(shape)).fill(-Infinity)
  eachPixel(shape, ({ b, y, x }, index) => {
    for (let tap = 0; tap < size * size; tap++) {
      const row = b * height + y * size + Math.floor(tap / size)
      const from = (row * width + x * size + (tap % size)) * channels
      for (let c = 0; c < channels; c++) {
        const at = index * channels + c
        data[at] = Math.max(data[at] ?? 0, input.data[from + c] ?? 0)
      }
    }
  })
  return { shape, data }
}

/** Calls `visit` for every pixel of `[B, h, w, …]`, with its index in that order. */
function eachPixel(
  [batch = 0, height = 0, width = 0]: readonly number[],
  visit: (at: { b: number; y: number; x: number }, index: number) => void,
): void {
  let index = 0
  for (let b = 0; b < batch; b++) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) visit({ b, y, x }, index++)
    }
  }
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, extent) => size * extent, 1)
}
