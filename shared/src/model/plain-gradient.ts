import { layoutOf } from './layout.ts'
import { addRows } from './plain-ops.ts'
import type { DataShape, ModelSpec } from './spec.ts'

/** Models of dense layers only. */
export type DenseModel = Extract<ModelSpec, { kind: 'softmax' | 'mlp' }>

export interface PlainBatch {
  /** `[B, height·width·channels]` */
  readonly inputs: Float32Array
  /** `[B]`, 0..classes − 1; at least one. */
  readonly labels: Uint8Array
}

/** Views of one dense layer: parameters and where their gradient goes. */
interface DenseLayer {
  readonly inputs: number
  readonly outputs: number
  /** `[inputs, outputs]` */
  readonly weight: Float32Array
  readonly bias: Float32Array
  readonly weightGradient: Float64Array
  readonly biasGradient: Float64Array
}

/**
 * The gradient [d] of softmax cross-entropy, mean over the batch, and that loss, in plain
 * TypeScript: for the simulator, tests and Node. Sums in float64, activations and the gradient
 * rounded to float32; ReLU'(0) = 0.
 */
export function plainGradient(
  model: DenseModel,
  data: DataShape,
  x: Float32Array,
  batch: PlainBatch,
): { gradient: Float32Array; loss: number } {
  const sums = new Float64Array(x.length)
  const layers = denseLayers(model, data, { x, sums })
  const size = batch.labels.length
  const activations = [batch.inputs]
  layers.forEach((layer, k) => {
    const isLast = k === layers.length - 1
    activations.push(runDense(layer, activations[k] ?? new Float32Array(), { size, relu: !isLast }))
  })
  const { delta, loss } = crossEntropy(activations.pop() ?? new Float32Array(), batch.labels)
  let back = delta
  for (let k = layers.length - 1; k >= 0; k--) {
    const layer = layers[k]
    const input = activations[k]
    if (!layer || !input) break
    addGradient(layer, input, { back, size })
    if (k > 0) back = backward(layer, input, { back, size })
  }
  return { gradient: Float32Array.from(sums), loss }
}

function denseLayers(
  model: DenseModel,
  data: DataShape,
  { x, sums }: { readonly x: Float32Array; readonly sums: Float64Array },
): readonly DenseLayer[] {
  const { tensors, size } = layoutOf(model, data)
  if (x.length !== size) throw new RangeError(`${x.length} parameters for a model of ${size}`)
  return tensors.flatMap(({ shape: [inputs = 0, outputs = 0], offset, size: weights }, k) => {
    if (k % 2 === 1) return []
    const bias = offset + weights
    return {
      inputs,
      outputs,
      weight: x.subarray(offset, bias),
      bias: x.subarray(bias, bias + outputs),
      weightGradient: sums.subarray(offset, bias),
      biasGradient: sums.subarray(bias, bias + outputs),
    }
  })
}

/** `[B, inputs]` to `[B, outputs]`: input·weight + bias, then ReLU if asked for. */
function runDense(
  { inputs, outputs, weight, bias }: DenseLayer,
  input: Float32Array,
  { size, relu }: { readonly size: number; readonly relu: boolean },
): Float32Array {
  const output = new Float32Array(size * outputs)
  const row = new Float64Array(outputs)
  for (let b = 0; b < size; b++) {
    row.set(bias)
    addRows(row, weight, input.subarray(b * inputs, (b + 1) * inputs))
    for (let o = 0; o < outputs; o++) {
      const value = row[o] ?? 0
      output[b * outputs + o] = relu ? Math.max(0, value) : value
    }
  }
  return output
}

/** The mean loss, and its derivative by the logits `[B, classes]`: (softmax − one-hot)/B. */
export function crossEntropy(
  logits: Float32Array,
  labels: Uint8Array,
): { delta: Float64Array; loss: number } {
  const size = labels.length
  const classes = logits.length / size
  const delta = new Float64Array(logits.length)
  let loss = 0
  for (let b = 0; b < size; b++) {
    const row = logits.subarray(b * classes, (b + 1) * classes)
    const largest = row.reduce((most, value) => Math.max(most, value), -Infinity)
    const total = row.reduce((sum, value) => sum + Math.exp(value - largest), 0)
    const label = labels[b] ?? 0
    loss += Math.log(total) + largest - (row[label] ?? NaN)
    for (let c = 0; c < classes; c++) {
      const share = Math.exp((row[c] ?? 0) - largest) / total
      delta[b * classes + c] = (share - Number(c === label)) / size
    }
  }
  return { delta, loss: loss / size }
}

interface Backward {
  /** Derivative by the layer's output before ReLU, `[B, outputs]`. */
  readonly back: Float64Array
  readonly size: number
}

/** weightGradient += inputᵀ·back, biasGradient += Σ_b back. */
function addGradient(layer: DenseLayer, input: Float32Array, { back, size }: Backward): void {
  const { inputs, outputs, weightGradient, biasGradient } = layer
  for (let b = 0; b < size; b++) {
    const row = back.subarray(b * outputs, (b + 1) * outputs)
    for (let o = 0; o < outputs; o++) biasGradient[o] = (biasGradient[o] ?? 0) + (row[o] ?? 0)
    for (let i = 0; i < inputs; i++) {
      const factor = input[b * inputs + i] ?? 0
      if (factor === 0) continue
      const at = i * outputs
      for (let o = 0; o < outputs; o++) {
        weightGradient[at + o] = (weightGradient[at + o] ?? 0) + factor * (row[o] ?? 0)
      }
    }
  }
}

/** back·weightᵀ, `[B, inputs]`, where the layer's input, itself after ReLU, is above 0. */
function backward(layer: DenseLayer, input: Float32Array, { back, size }: Backward): Float64Array {
  const { inputs, outputs, weight } = layer
  const next = new Float64Array(size * inputs)
  for (let b = 0; b < size; b++) {
    for (let i = 0; i < inputs; i++) {
      if (!((input[b * inputs + i] ?? 0) > 0)) continue
      let sum = 0
      for (let o = 0; o < outputs; o++) {
        sum += (back[b * outputs + o] ?? 0) * (weight[i * outputs + o] ?? 0)
      }
      next[b * inputs + i] = sum
    }
  }
  return next
}
