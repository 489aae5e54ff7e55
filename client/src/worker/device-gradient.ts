import type { Tensor } from '@tensorflow/tfjs-core'
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import type { Batch } from '../trainer/chunks.ts'
import type { EngineModel } from '../trainer/engine.ts'
import type { Compute } from '../webgpu/compute.ts'
import { gradientTensor } from './tfjs-gradient.ts'
import { tf } from './tf.ts'

/** A gradient that stays on the device. */
export interface GradientBuffer {
  /** `[d + 1]`, the loss at the end; to be used before `release`. */
  readonly buffer: GPUBuffer
  release(): void
}

/** Gradients by tfjs of parameters that lie on its device, left there. */
export class DeviceGradient {
  readonly #compute: Compute
  readonly #model: EngineModel
  /** tfjs binds whole buffers: each tensor has one of its own, which a point is copied to. */
  readonly #tensors: readonly { readonly buffer: GPUBuffer; readonly tensor: Tensor }[]

  /** `compute` is on the device of tfjs's backend in use. */
  constructor(compute: Compute, model: EngineModel) {
    this.#compute = compute
    this.#model = model
    this.#tensors = model.layout.tensors.map(({ shape, size }) => {
      const buffer = compute.buffer(size)
      return { buffer, tensor: tf.tensor({ buffer, zeroCopy: true }, [...shape], 'float32') }
    })
  }

  /** At `point` [d], as it is when what was submitted before is done. */
  at(point: GPUBuffer, batch: Batch): GradientBuffer {
    this.#model.layout.tensors.forEach(({ offset, size }, k) => {
      const to = this.#tensors[k]?.buffer
      if (to) this.#compute.copy(point, to, { from: offset, to: 0, words: size })
    })
    const parameters = this.#tensors.map(({ tensor }) => tensor)
    const result = gradientTensor(this.#model, parameters, batch)
    const backend = tf.backend() as WebGPUBackend
    backend.uploadToGPU(result.dataId)
    // What tfjs has recorded must be on the queue before programs of ours that use it.
    backend.ensureCommandEncoderReady()
    backend.endComputePassEncoder()
    backend.submitQueue()
    const { resource } = backend.tensorMap.get(result.dataId)
    return { buffer: resource as GPUBuffer, release: () => result.dispose() }
  }

  close(): void {
    for (const { tensor } of this.#tensors) tensor.dispose()
  }
}
