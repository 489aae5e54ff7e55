import type { TensorOps } from '@quorate/shared/model/forward'
import type { Tensor, Tensor2D, Tensor4D } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'

/** The models' operations on tfjs; the coordinator needs no gradients. Call inside tf.tidy. */
export const tfjsOps: TensorOps<Tensor> = {
  flatten: (input) => tf.reshape(input, [input.shape[0] ?? 0, -1]),
  dense: (input, { weight, bias }) =>
    tf.add(tf.matMul(input as Tensor2D, weight as Tensor2D), bias),
  conv2d: (input, { weight, bias }, padding) =>
    tf.add(tf.conv2d(input as Tensor4D, weight as Tensor4D, 1, padding), bias),
  relu: (input) => tf.relu(input),
  maxPool: (input, size) => tf.maxPool(input as Tensor4D, size, size, 'valid'),
}
