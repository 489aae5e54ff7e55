import type { KernelFunc, Tensor, Tensor4D, TensorInfo } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'

/** What tfjs calls the derivative of a convolution by its filter. */
const KERNEL = 'Conv2DBackpropFilter'

/**
 * Gives tfjs' wasm backend the one kernel that it lacks to train convolutions; again is harmless.
 * Strides of 1 only.
 *
 * dW[p, q, c, f] = Σ_b,y,x in[b, y + p, x + q, c]·dy[b, y, x, f] is itself a convolution: channels
 * stand for the batch, the batch for channels, and dy is the filter.
 */
export function registerWasmConvGradient(): void {
  if (tf.getKernel(KERNEL, 'wasm')) return
  tf.registerKernel({
    kernelName: KERNEL,
    backendName: 'wasm',
    kernelFunc: filterGradient as unknown as KernelFunc,
  })
}

interface Call {
  readonly inputs: { readonly x: TensorInfo; readonly dy: TensorInfo }
  readonly attrs: {
    readonly strides: number | readonly [number, number]
    readonly pad: 'valid' | 'same'
    /** [height, width, in, out] */
    readonly filterShape: readonly [number, number, number, number]
  }
}

function filterGradient({ inputs, attrs: { strides, pad, filterShape } }: Call): Tensor {
  if ([strides].flat().some((stride) => stride !== 1)) {
    throw new RangeError(`no gradient of a convolution in strides of ${String(strides)}`)
  }
  const [rows, columns] = filterShape
  return tf.tidy(() => {
    const framed =
      pad === 'same' ? frame(inputs.x as Tensor4D, rows, columns) : (inputs.x as Tensor4D)
    const channelsFirst = tf.transpose(framed, [3, 1, 2, 0])
    const filter = tf.transpose(inputs.dy as Tensor4D, [1, 2, 0, 3])
    return tf.transpose(tf.conv2d(channelsFirst, filter, 1, 'valid'), [1, 2, 0, 3])
  })
}

/** Zeros around the image, as 'same' has them: of an odd number one more behind. */
function frame(x: Tensor4D, rows: number, columns: number): Tensor4D {
  const around = (size: number): [number, number] => [(size - 1) >> 1, size >> 1]
  return tf.pad(x, [[0, 0], around(rows), around(columns), [0, 0]])
}
