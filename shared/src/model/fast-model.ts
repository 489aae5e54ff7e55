import type { Extent, FastLayer } from './fast-layers.ts'
import { conv, dense, maxPool } from './fast-layers.ts'
import { layersOf } from './layers.ts'
import type { TensorPlace } from './layout.ts'
import { layoutOf } from './layout.ts'
import type { PlainBatch } from './plain-gradient.ts'
import { crossEntropy } from './plain-gradient.ts'
import type { DataShape, ModelSpec } from './spec.ts'

/**
 * Any built-in model on one core, in float64 and in buffers that are kept from call to call: zero
 * inputs are passed over, of which there are many (MNIST's black pixels, ReLU). Held to `plainGradient` and to finite differences of `plainOps`.
 *
 * @public for whole runs in one process
 */
export class FastModel {
  readonly #layers: readonly FastLayer[]
  readonly #inputSize: number
  readonly #x: Float64Array
  readonly #slopes: Float64Array
  /** values[k] is the input of layer k, the last one the logits; deltas likewise. */
  #values: Float64Array[] = []
  #deltas: Float64Array[] = []

  /** Throws LayoutError when the model does not fit the data or the limits. */
  constructor(model: ModelSpec, data: DataShape) {
    const { size, tensors } = layoutOf(model, data)
    this.#x = new Float64Array(size)
    this.#slopes = new Float64Array(size)
    this.#inputSize = data.input.reduce((all, extent) => all * extent, 1)
    const parameters = { x: this.#x, slopes: this.#slopes }
    this.#layers = layersFor(model, data, { tensors, parameters })
  }

  /** The gradient [d] of softmax cross-entropy, mean over the batch, and that loss; ReLU'(0) = 0. */
  gradient(x: Float32Array, batch: PlainBatch): { gradient: Float32Array; loss: number } {
    const size = batch.labels.length
    const logits = this.logits(x, batch.inputs, size)
    const { delta, loss } = crossEntropy(logits, batch.labels)
    this.#deltas.at(-1)?.set(delta)
    for (let k = this.#layers.length - 1; k >= 0; k--) {
      this.#layers[k]?.backward(size, {
        input: bufferAt(this.#values, k),
        output: bufferAt(this.#values, k + 1),
        back: bufferAt(this.#deltas, k + 1),
        // Nobody asks for the derivative by the pixels.
        inputBack: k > 0 ? bufferAt(this.#deltas, k) : null,
      })
    }
    const gradient = new Float32Array(x.length)
    convert(this.#slopes, gradient, x.length)
    return { gradient, loss }
  }

  /**
   * `x` [d] and `inputs` [size, height·width·channels] to `[size, classes]`, a new array. Inputs
   * in float64 are read where they lie.
   */
  logits(x: Float32Array, inputs: Float32Array | Float64Array, size: number): Float32Array {
    if (x.length !== this.#x.length) {
      throw new RangeError(`${x.length} parameters for a model of ${this.#x.length}`)
    }
    this.#reserve(size)
    convert(x, this.#x, x.length)
    const copied = bufferAt(this.#values, 0)
    if (inputs instanceof Float32Array) convert(inputs, copied, inputs.length)
    const first = inputs instanceof Float32Array ? copied : inputs
    this.#layers.forEach((layer, k) => {
      const input = k === 0 ? first : bufferAt(this.#values, k)
      layer.forward(size, input, bufferAt(this.#values, k + 1))
    })
    const classes = this.#layers.at(-1)?.outputSize ?? 0
    const logits = new Float32Array(size * classes)
    convert(bufferAt(this.#values, this.#layers.length), logits, logits.length)
    return logits
  }

  #reserve(size: number): void {
    if (bufferAt(this.#values, 0).length >= size * this.#inputSize) return
    const sizes = [this.#inputSize, ...this.#layers.map(({ outputSize }) => outputSize)]
    this.#values = sizes.map((one) => new Float64Array(size * one))
    this.#deltas = sizes.map((one, k) => new Float64Array(k === 0 ? 0 : size * one))
  }
}

/** As `to.set(from)`, which between types of array is several times slower. */
function convert(
  from: Float32Array | Float64Array,
  to: Float32Array | Float64Array,
  size: number,
): void {
  for (let i = 0; i < size; i++) to[i] = from[i] ?? 0
}

function bufferAt(buffers: readonly Float64Array[], k: number): Float64Array {
  return buffers[k] ?? new Float64Array()
}

function layersFor(
  model: ModelSpec,
  data: DataShape,
  {
    tensors,
    parameters: { x, slopes },
  }: {
    readonly tensors: readonly TensorPlace[]
    readonly parameters: { readonly x: Float64Array; readonly slopes: Float64Array }
  },
): FastLayer[] {
  let next = 0
  const take = () => {
    const { offset = 0, size = 0 } = tensors[next++] ?? {}
    const end = offset + size
    return { value: x.subarray(offset, end), gradient: slopes.subarray(offset, end) }
  }
  let shape: Extent = { height: data.input[0], width: data.input[1], channels: data.input[2] }
  return layersOf(model, data).flatMap((layer) => {
    const size = shape.height * shape.width * shape.channels
    switch (layer.kind) {
      case 'flatten':
        shape = { height: 1, width: 1, channels: size }
        return []
      case 'dense':
        shape = { height: 1, width: 1, channels: layer.units }
        return [dense(size, layer, { weight: take(), bias: take() })]
      case 'conv': {
        const made = conv(shape, layer, { weight: take(), bias: take() })
        const cut = layer.padding === 'same' ? 0 : layer.size - 1
        shape = {
          height: shape.height - cut,
          width: shape.width - cut,
          channels: layer.filters,
        }
        return [made]
      }
      case 'pool': {
        const made = maxPool(shape, layer.size)
        shape = {
          height: Math.floor(shape.height / layer.size),
          width: Math.floor(shape.width / layer.size),
          channels: shape.channels,
        }
        return [made]
      }
    }
  })
}
