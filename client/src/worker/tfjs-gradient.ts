import type { Tensor } from '@tensorflow/tfjs-core'
import { forward } from '@quorate/shared/model/forward'
import type { BatchGradient, EngineModel } from '../trainer/engine.ts'
import { batchTensors } from './batch-tensors.ts'
import type { Records } from './batch-tensors.ts'
import { tfjsOps } from './tfjs-ops.ts'
import { tf } from './tf.ts'

/**
 * Gradient `[d]` and loss of the mean softmax cross-entropy at `x`, on the backend in use. Leaves
 * no tensor behind. One read-back: the loss travels behind the gradient.
 */
export async function tfjsGradient(
  model: EngineModel,
  x: Float32Array,
  batch: Records,
): Promise<BatchGradient> {
  const result = tf.tidy(() => {
    const parameters = model.layout.tensors.map(({ shape, offset, size }) =>
      tf.tensor(x.subarray(offset, offset + size), [...shape], 'float32'),
    )
    return gradientTensor(model, parameters, batch)
  })
  try {
    const values = await result.data<'float32'>()
    const { size } = model.layout
    return { gradient: values.slice(0, size), loss: values[size] ?? NaN }
  } finally {
    result.dispose()
  }
}

/**
 * `[d + 1]`: the gradient at `parameters`, which are the layout's tensors and stay the caller's,
 * and the loss. Leaves no other tensor behind.
 */
export function gradientTensor(model: EngineModel, parameters: Tensor[], batch: Records): Tensor {
  return tf.tidy(() => {
    const { input, wanted } = batchTensors(model, batch)
    const lossAt = (...tensors: Tensor[]) =>
      crossEntropy(forward(tfjsOps, model.layers, tensors, input), wanted)
    const { value, grads } = tf.valueAndGrads(lossAt)(parameters)
    return tf.concat1d([...grads, value].map((tensor) => tf.reshape(tensor, [tensor.size])))
  })
}

/** −(1/B) Σ_b log softmax(logits_b)[label_b] */
function crossEntropy(logits: Tensor, wanted: Tensor): Tensor {
  const logs = tf.mul(tf.logSoftmax(logits), wanted)
  return tf.div(tf.neg(tf.sum(logs)), wanted.shape[0] ?? 1)
}
