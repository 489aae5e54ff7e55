import type { Layer } from './layers.ts'

/** The weight and bias of a layer. */
export interface Weights<T> {
  readonly weight: T
  readonly bias: T
}

/**
 * What a backend must know to run a model; tensors are row-major, a batch first. Whoever runs
 * `forward` owns and frees what these return.
 */
export interface TensorOps<T> {
  /** `[B, …]` to `[B, size]`. */
  flatten(input: T): T
  /** `[B, in]` with weight `[in, out]` and bias `[out]` to `[B, out]`. */
  dense(input: T, weights: Weights<T>): T
  /**
   * Stride 1: `[B, h, w, in]` with weight `[size, size, in, out]` and bias `[out]` to
   * `[B, h′, w′, out]`; "same" pads with zeros, (size − 1)/2 before, the rest after.
   */
  conv2d(input: T, weights: Weights<T>, padding: 'same' | 'valid'): T
  relu(input: T): T
  /** `[B, h, w, c]` to `[B, ⌊h/size⌋, ⌊w/size⌋, c]`, the largest of each size × size window. */
  maxPool(input: T, size: number): T
}

/**
 * The logits `[B, classes]` of a batch `input` `[B, height, width, channels]`. `tensors` are the
 * layout's, in its order: weight before bias, layer after layer.
 */
export function forward<T>(
  ops: TensorOps<T>,
  layers: readonly Layer[],
  tensors: readonly T[],
  input: T,
): T {
  let next = 0
  const take = (): T => {
    const tensor = tensors[next++]
    if (tensor === undefined) throw new RangeError(`the model needs more than ${next - 1} tensors`)
    return tensor
  }
  const takeWeights = (): Weights<T> => ({ weight: take(), bias: take() })
  const output = layers.reduce(
    (value, layer) => runLayer(ops, layer, { value, takeWeights }),
    input,
  )
  if (next !== tensors.length) {
    throw new RangeError(`the model has ${next} tensors, not ${tensors.length}`)
  }
  return output
}

function runLayer<T>(
  ops: TensorOps<T>,
  layer: Layer,
  { value, takeWeights }: { readonly value: T; readonly takeWeights: () => Weights<T> },
): T {
  switch (layer.kind) {
    case 'flatten':
      return ops.flatten(value)
    case 'pool':
      return ops.maxPool(value, layer.size)
    case 'dense': {
      const output = ops.dense(value, takeWeights())
      return layer.relu ? ops.relu(output) : output
    }
    case 'conv': {
      const output = ops.conv2d(value, takeWeights(), layer.padding)
      return layer.relu ? ops.relu(output) : output
    }
  }
}
