import type { Layer } from './layers.ts'
import { layersOf } from './layers.ts'
import type { DataShape, ModelSpec } from './spec.ts'
import { MAX_PARAMETERS } from './spec.ts'

/** One tensor's place in the flat parameter vector. */
export interface TensorPlace {
  readonly name: string
  /** `[in, out]` for dense, `[height, width, in, out]` for conv, `[out]` for biases. */
  readonly shape: readonly number[]
  /** First coordinate in the flat vector. */
  readonly offset: number
  readonly size: number
  /** Initial values ~ N(0, variance); 0 for biases: all zero. */
  readonly initialVariance: number
}

export interface Layout {
  /** Number of parameters, d. */
  readonly size: number
  readonly tensors: readonly TensorPlace[]
}

/** The model is larger than a run may be, or does not fit its data. */
export class LayoutError extends Error {
  readonly code = 'MODEL_NOT_POSSIBLE'
}

/**
 * The flat layout of a model: tensors in layer order, weight before bias, row-major.
 *
 * Variances are He's for layers followed by ReLU (2 / fan-in) and 1 / fan-in for the last.
 * Source: He et al. 2015, arXiv 1502.01852, eq. 10.
 *
 * @throws LayoutError when d > 2²⁴ or a convolution does not fit the input.
 */
export function layoutOf(spec: ModelSpec, data: DataShape): Layout {
  const tensors: TensorPlace[] = []
  let offset = 0
  let shape: readonly number[] = data.input
  layersOf(spec, data).forEach((layer, index) => {
    const weights = weightShape(layer, shape)
    shape = outputShape(layer, shape)
    if (!weights) return
    const fanIn = product(weights.slice(0, -1))
    const relu = 'relu' in layer && layer.relu
    const add = (name: string, tensorShape: readonly number[], initialVariance: number) => {
      const size = product(tensorShape)
      tensors.push({
        name: `${layer.kind}${index}/${name}`,
        shape: tensorShape,
        offset,
        size,
        initialVariance,
      })
      offset += size
    }
    add('weight', weights, (relu ? 2 : 1) / fanIn)
    add('bias', weights.slice(-1), 0)
  })
  if (offset > MAX_PARAMETERS) {
    throw new LayoutError(
      `the model has ${offset} parameters; a run may have at most ${MAX_PARAMETERS}`,
    )
  }
  return { size: offset, tensors }
}

/** The shape of one record after `layer`, given its shape before. */
function outputShape(layer: Layer, input: readonly number[]): readonly number[] {
  const [height = 1, width = 1, channels = 1] = input
  switch (layer.kind) {
    case 'flatten':
      return [product(input)]
    case 'dense':
      return [layer.units]
    case 'pool':
      return [Math.floor(height / layer.size), Math.floor(width / layer.size), channels]
    case 'conv': {
      const cut = layer.padding === 'same' ? 0 : layer.size - 1
      if (height - cut < 1 || width - cut < 1) {
        throw new LayoutError(
          `a ${layer.size}×${layer.size} convolution does not fit ${height}×${width}`,
        )
      }
      return [height - cut, width - cut, layer.filters]
    }
  }
}

function weightShape(layer: Layer, input: readonly number[]): readonly number[] | null {
  switch (layer.kind) {
    case 'dense':
      return [product(input), layer.units]
    case 'conv':
      return [layer.size, layer.size, input[2] ?? 1, layer.filters]
    case 'flatten':
    case 'pool':
      return null
  }
}

function product(shape: readonly number[]): number {
  return shape.reduce((size, extent) => size * extent, 1)
}
