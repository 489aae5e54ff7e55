/** The layers of `FastModel`: plain loops over float64 arrays, row-major, a batch first. */
import type { Layer } from './layers.ts'

/** One record's extent: `[height, width, channels]`. */
export interface Extent {
  readonly height: number
  readonly width: number
  readonly channels: number
}

/** A tensor of parameters, and where its derivatives go. */
export interface Parameter {
  readonly value: Float64Array
  readonly gradient: Float64Array
}

interface Parameters {
  /** `[inputs, outputs]`, or `[size, size, in, out]`. */
  readonly weight: Parameter
  readonly bias: Parameter
}

export interface Derivatives {
  readonly input: Float64Array
  readonly output: Float64Array
  /** By the output; overwritten. */
  readonly back: Float64Array
  /** By the input, overwritten; null where nobody asks. */
  readonly inputBack: Float64Array | null
}

/** A step from `[B, in]` to `[B, outputSize]` and back; `size` is B. */
export interface FastLayer {
  readonly outputSize: number
  forward(size: number, input: Float64Array, output: Float64Array): void
  /** Overwrites the gradients of its parameters. */
  backward(size: number, derivatives: Derivatives): void
}

/** out = in·weight + bias, then ReLU if asked for. */
export function dense(
  inputs: number,
  { units, relu }: Pick<Extract<Layer, { kind: 'dense' }>, 'units' | 'relu'>,
  { weight, bias }: Parameters,
): FastLayer {
  const shape = { inputs, outputs: units }
  const columns = new Columns()
  return {
    outputSize: units,
    forward(size, input, output) {
      const terms = new NonZeros(inputs)
      for (let b = 0; b < size; b++) {
        terms.take(input, b * inputs, inputs)
        multiplyRow(terms, { weight: weight.value, bias: bias.value }, { output, at: b * units })
      }
      if (relu) for (let i = 0; i < size * units; i++) output[i] = Math.max(0, output[i] ?? 0)
    },
    backward(size, { input, output, back, inputBack }) {
      if (relu) {
        for (let i = 0; i < size * units; i++) if (!((output[i] ?? 0) > 0)) back[i] = 0
      }
      columns.take(input, { rows: size, inputs, stride: units })
      multiplyColumns(columns, shape, { back, gradient: weight.gradient })
      bias.gradient.fill(0)
      for (let i = 0; i < size * units; i++) {
        const o = i % units
        bias.gradient[o] = (bias.gradient[o] ?? 0) + (back[i] ?? 0)
      }
      if (inputBack) multiplyBack(size, shape, { back, weight: weight.value, inputBack })
    },
  }
}

/**
 * out[y, x, :] = bias + Σ in[y + dy − pad, x + dx − pad, :]·weight[dy, dx], then ReLU if asked
 * for: the windows unfolded into rows, and a dense layer over these.
 */
export function conv(
  extent: Extent,
  { filters, size: taps, padding, relu }: Extract<Layer, { kind: 'conv' }>,
  parameters: Parameters,
): FastLayer {
  const before = padding === 'same' ? (taps - 1) >> 1 : 0
  const cut = padding === 'same' ? 0 : taps - 1
  const [rows, columns] = [extent.height - cut, extent.width - cut]
  const places = rows * columns
  const windows = windowsOf(extent, { taps, before, rows, columns })
  const inputSize = extent.height * extent.width * extent.channels
  const inner = dense(taps * taps * extent.channels, { units: filters, relu }, parameters)
  let unfolded = new Float64Array()
  let unfoldedBack = new Float64Array()
  return {
    outputSize: places * filters,
    forward(size, input, output) {
      if (unfolded.length < size * windows.length) {
        unfolded = new Float64Array(size * windows.length)
      }
      unfold(size, windows, { input, inputSize, unfolded })
      inner.forward(size * places, unfolded, output)
    },
    backward(size, { output, back, inputBack }) {
      if (inputBack && unfoldedBack.length < size * windows.length) {
        unfoldedBack = new Float64Array(size * windows.length)
      }
      inner.backward(size * places, {
        input: unfolded,
        output,
        back,
        inputBack: inputBack && unfoldedBack,
      })
      if (inputBack) fold(size, windows, { inputBack, inputSize, unfolded: unfoldedBack })
    },
  }
}

/** The largest of each size × size window; the derivative goes to the first of the largest. */
export function maxPool({ height, width, channels }: Extent, window: number): FastLayer {
  const rows = Math.floor(height / window)
  const columns = Math.floor(width / window)
  const outputSize = rows * columns * channels
  const inputSize = height * width * channels
  /** Index in the input of the largest of an output's window; `at` is the window's corner. */
  const largest = (input: Float64Array, at: number): number => {
    let best = at
    for (let dy = 0; dy < window; dy++) {
      for (let dx = 0; dx < window; dx++) {
        const other = at + (dy * width + dx) * channels
        if ((input[other] ?? 0) > (input[best] ?? 0)) best = other
      }
    }
    return best
  }
  const corners = new Int32Array(outputSize)
  for (let i = 0; i < outputSize; i++) {
    const place = Math.floor(i / channels)
    const pixel = Math.floor(place / columns) * window * width + (place % columns) * window
    corners[i] = pixel * channels + (i % channels)
  }
  return {
    outputSize,
    forward(size, input, output) {
      for (let b = 0; b < size; b++) {
        for (let i = 0; i < outputSize; i++) {
          output[b * outputSize + i] = input[largest(input, b * inputSize + (corners[i] ?? 0))] ?? 0
        }
      }
    },
    backward(size, { input, back, inputBack }) {
      if (!inputBack) return
      inputBack.fill(0, 0, size * inputSize)
      for (let b = 0; b < size; b++) {
        for (let i = 0; i < outputSize; i++) {
          const slope = back[b * outputSize + i] ?? 0
          if (slope === 0) continue
          inputBack[largest(input, b * inputSize + (corners[i] ?? 0))] = slope
        }
      }
    },
  }
}

/** The entries of a row that are not 0. */
class NonZeros {
  readonly places: Int32Array
  readonly values: Float64Array
  count = 0

  constructor(most: number) {
    this.places = new Int32Array(most)
    this.values = new Float64Array(most)
  }

  take(input: Float64Array, from: number, size: number): void {
    let count = 0
    for (let i = 0; i < size; i++) {
      const value = input[from + i] ?? 0
      if (value === 0) continue
      this.places[count] = i
      this.values[count++] = value
    }
    this.count = count
  }
}

/** The entries of a matrix that are not 0, column by column. */
class Columns {
  rows = 0
  counts = new Int32Array()
  /** Of column i from i·rows on: where the row of an entry begins in a matrix of `stride`. */
  places = new Int32Array()
  values = new Float64Array()

  take(
    input: Float64Array,
    { rows, inputs, stride }: { rows: number; inputs: number; stride: number },
  ): void {
    if (this.values.length < rows * inputs) {
      this.places = new Int32Array(rows * inputs)
      this.values = new Float64Array(rows * inputs)
      this.counts = new Int32Array(inputs)
    }
    const { counts, places, values } = this
    this.rows = rows
    counts.fill(0)
    for (let b = 0; b < rows; b++) {
      for (let i = 0; i < inputs; i++) {
        const value = input[b * inputs + i] ?? 0
        if (value === 0) continue
        const count = counts[i] ?? 0
        places[i * rows + count] = b * stride
        values[i * rows + count] = value
        counts[i] = count + 1
      }
    }
  }
}

/** output[at + o] = bias[o] + Σ terms·weight[·, o], eight outputs at a time in registers. */
function multiplyRow(
  { places, values, count }: NonZeros,
  { weight, bias }: { readonly weight: Float64Array; readonly bias: Float64Array },
  { output, at }: { readonly output: Float64Array; readonly at: number },
): void {
  const outputs = bias.length
  let o = 0
  for (; o + 7 < outputs; o += 8) {
    let s0 = bias[o] ?? 0
    let s1 = bias[o + 1] ?? 0
    let s2 = bias[o + 2] ?? 0
    let s3 = bias[o + 3] ?? 0
    let s4 = bias[o + 4] ?? 0
    let s5 = bias[o + 5] ?? 0
    let s6 = bias[o + 6] ?? 0
    let s7 = bias[o + 7] ?? 0
    for (let k = 0; k < count; k++) {
      const value = values[k] ?? 0
      const w = (places[k] ?? 0) * outputs + o
      s0 += value * (weight[w] ?? 0)
      s1 += value * (weight[w + 1] ?? 0)
      s2 += value * (weight[w + 2] ?? 0)
      s3 += value * (weight[w + 3] ?? 0)
      s4 += value * (weight[w + 4] ?? 0)
      s5 += value * (weight[w + 5] ?? 0)
      s6 += value * (weight[w + 6] ?? 0)
      s7 += value * (weight[w + 7] ?? 0)
    }
    output[at + o] = s0
    output[at + o + 1] = s1
    output[at + o + 2] = s2
    output[at + o + 3] = s3
    output[at + o + 4] = s4
    output[at + o + 5] = s5
    output[at + o + 6] = s6
    output[at + o + 7] = s7
  }
  for (; o < outputs; o++) {
    let sum = bias[o] ?? 0
    for (let k = 0; k < count; k++) {
      sum += (values[k] ?? 0) * (weight[(places[k] ?? 0) * outputs + o] ?? 0)
    }
    output[at + o] = sum
  }
}

/** gradient[i, o] = Σ_b input[b, i]·back[b, o], four outputs at a time in registers. */
function multiplyColumns(
  { rows, counts, places, values }: Columns,
  { inputs, outputs }: { readonly inputs: number; readonly outputs: number },
  { back, gradient }: { readonly back: Float64Array; readonly gradient: Float64Array },
): void {
  for (let i = 0; i < inputs; i++) {
    const first = i * rows
    const end = first + (counts[i] ?? 0)
    const at = i * outputs
    let o = 0
    for (; o + 3 < outputs; o += 4) {
      let [s0, s1, s2, s3] = [0, 0, 0, 0]
      for (let k = first; k < end; k++) {
        const value = values[k] ?? 0
        const from = (places[k] ?? 0) + o
        s0 += value * (back[from] ?? 0)
        s1 += value * (back[from + 1] ?? 0)
        s2 += value * (back[from + 2] ?? 0)
        s3 += value * (back[from + 3] ?? 0)
      }
      gradient[at + o] = s0
      gradient[at + o + 1] = s1
      gradient[at + o + 2] = s2
      gradient[at + o + 3] = s3
    }
    for (; o < outputs; o++) {
      let sum = 0
      for (let k = first; k < end; k++) sum += (values[k] ?? 0) * (back[(places[k] ?? 0) + o] ?? 0)
      gradient[at + o] = sum
    }
  }
}

/** inputBack[b, i] = Σ_o back[b, o]·weight[i, o], over the outputs whose derivative is not 0. */
function multiplyBack(
  size: number,
  { inputs, outputs }: { readonly inputs: number; readonly outputs: number },
  at: {
    readonly back: Float64Array
    readonly weight: Float64Array
    readonly inputBack: Float64Array
  },
): void {
  const { back, weight, inputBack } = at
  const terms = new NonZeros(outputs)
  const { places, values } = terms
  for (let b = 0; b < size; b++) {
    terms.take(back, b * outputs, outputs)
    const { count } = terms
    for (let i = 0; i < inputs; i++) {
      let sum = 0
      for (let k = 0; k < count; k++) {
        sum += (values[k] ?? 0) * (weight[i * outputs + (places[k] ?? 0)] ?? 0)
      }
      inputBack[b * inputs + i] = sum
    }
  }
}

/** For one record, the input index of every entry of its unfolded rows; −1 outside the image. */
function windowsOf(
  { height, width, channels }: Extent,
  at: { taps: number; before: number; rows: number; columns: number },
): Int32Array {
  const { taps, before, rows, columns } = at
  const windows = new Int32Array(rows * columns * taps * taps * channels)
  let next = 0
  for (let place = 0; place < rows * columns; place++) {
    for (let tap = 0; tap < taps * taps; tap++) {
      const y = Math.floor(place / columns) + Math.floor(tap / taps) - before
      const x = (place % columns) + (tap % taps) - before
      const inside = y >= 0 && y < height && x >= 0 && x < width
      for (let c = 0; c < channels; c++) {
        windows[next++] = inside ? (y * width + x) * channels + c : -1
      }
    }
  }
  return windows
}

function unfold(
  size: number,
  windows: Int32Array,
  at: { input: Float64Array; inputSize: number; unfolded: Float64Array },
): void {
  const { input, inputSize, unfolded } = at
  for (let b = 0; b < size; b++) {
    const to = b * windows.length
    for (let k = 0; k < windows.length; k++) {
      const from = windows[k] ?? -1
      unfolded[to + k] = from < 0 ? 0 : (input[b * inputSize + from] ?? 0)
    }
  }
}

function fold(
  size: number,
  windows: Int32Array,
  at: { inputBack: Float64Array; inputSize: number; unfolded: Float64Array },
): void {
  const { inputBack, inputSize, unfolded } = at
  inputBack.fill(0, 0, size * inputSize)
  for (let b = 0; b < size; b++) {
    const from = b * windows.length
    for (let k = 0; k < windows.length; k++) {
      const place = windows[k] ?? -1
      if (place < 0) continue
      const to = b * inputSize + place
      inputBack[to] = (inputBack[to] ?? 0) + (unfolded[from + k] ?? 0)
    }
  }
}
