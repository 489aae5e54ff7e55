import { forward } from '@quorate/shared/model/forward'
import { layersOf } from '@quorate/shared/model/layers'
import { layoutOf } from '@quorate/shared/model/layout'
import { plainOps, plainTensors } from '@quorate/shared/model/plain-ops'
import type { DataShape, ModelSpec } from '@quorate/shared/model/spec'

export interface Classifier {
  readonly model: ModelSpec
  readonly data: DataShape
  /** [d] */
  readonly parameters: Float32Array
}

/** Probabilities `[classes]` of one image `[height·width·channels]`. */
export function classify({ model, data, parameters }: Classifier, image: Float32Array): number[] {
  const logits = forward(
    plainOps,
    layersOf(model, data),
    plainTensors(layoutOf(model, data), parameters),
    { shape: [1, ...data.input], data: image },
  )
  return softmax(logits.data)
}

/** exp(z_i) / Σ exp(z_j), the largest subtracted first so that nothing overflows. */
function softmax(logits: Float32Array): number[] {
  const most = Math.max(...logits)
  const powers = Array.from(logits, (logit) => Math.exp(logit - most))
  const sum = powers.reduce((total, power) => total + power, 0)
  return powers.map((power) => power / sum)
}
