import type { Tensor } from '@tensorflow/tfjs-core'
import type { EngineModel } from '../trainer/engine.ts'
import { tf } from './tf.ts'

/** Records of a step: `inputs` `[B, height · width · channels]` in 0..1, `labels` `[B]`. */
export interface Records {
  readonly inputs: Float32Array
  readonly labels: Uint8Array
}

interface BatchTensors {
  /** `[B, height, width, channels]` */
  readonly input: Tensor
  /** `[B, classes]`, one-hot. */
  readonly wanted: Tensor
}

/** A batch that has been brought to the backend before its step. */
export class UploadedBatch {
  readonly #inputs: Float32Array
  readonly #tensors: BatchTensors

  /** On the backend in use. */
  constructor(model: EngineModel, batch: Records) {
    this.#inputs = batch.inputs
    this.#tensors = make(model, batch)
    // Some backends keep values in memory until a kernel asks for them.
    const backend = tf.backend() as { uploadToGPU?: (data: object) => void }
    for (const { dataId } of Object.values(this.#tensors) as Tensor[]) backend.uploadToGPU?.(dataId)
    uploaded.set(this.#inputs, this.#tensors)
  }

  /** `alive`: the backend that it is on still works. */
  close(alive: boolean): void {
    uploaded.delete(this.#inputs)
    if (alive) tf.dispose([this.#tensors.input, this.#tensors.wanted])
  }
}

const uploaded = new WeakMap<Float32Array, BatchTensors>()

/** A batch's tensors: those uploaded before, which stay, or new ones, which the caller's tidy ends. */
export function batchTensors(model: EngineModel, batch: Records): BatchTensors {
  return uploaded.get(batch.inputs) ?? make(model, batch)
}

function make({ shape }: EngineModel, { inputs, labels }: Records): BatchTensors {
  const input = tf.tensor(inputs, [labels.length, ...shape.input], 'float32')
  return { input, wanted: oneHot(labels, shape.classes) }
}

/** `[B, classes]`; made here, as integer tensors are a weak spot of some backends. */
function oneHot(labels: Uint8Array, classes: number): Tensor {
  const rows = new Float32Array(labels.length * classes)
  labels.forEach((label, b) => {
    rows[b * classes + label] = 1
  })
  return tf.tensor(rows, [labels.length, classes], 'float32')
}
