import { forward } from '@quorate/shared/model/forward'
import { layersOf } from '@quorate/shared/model/layers'
import { layoutOf } from '@quorate/shared/model/layout'
import type { DataShape, ModelSpec } from '@quorate/shared/model/spec'
import type { Tensor } from '@tensorflow/tfjs-core'
import * as tf from '@tensorflow/tfjs-core'
import type { Records } from '../data/data-set.ts'
import { tfjsOps } from './tfjs-ops.ts'

export interface Evaluation {
  /** Share of correct answers, 0..1. */
  readonly accuracy: number
  /** Mean cross-entropy, in nats. */
  readonly loss: number
}

const BATCH_RECORDS = 500

/** Evaluates on the backend in use; `parameters` [d] are the model's in layout order. */
export function evaluateModel(
  model: { readonly spec: ModelSpec; readonly parameters: Float32Array },
  data: { readonly shape: DataShape; readonly test: Records },
): Evaluation {
  const { labels, features } = data.test
  const [height, width, channels] = data.shape.input
  const recordBytes = height * width * channels
  const layers = layersOf(model.spec, data.shape)
  const tensors = tensorsOf(model, data.shape)
  let correct = 0
  let loss = 0
  try {
    for (let from = 0; from < labels.length; from += BATCH_RECORDS) {
      const batch = labels.subarray(from, from + BATCH_RECORDS)
      const pixels = features.subarray(from * recordBytes, (from + batch.length) * recordBytes)
      const logits = tf.tidy(() => {
        const input = tf.tensor4d(
          Float32Array.from(pixels, (pixel) => pixel / 255),
          [batch.length, height, width, channels],
        )
        return forward<Tensor>(tfjsOps, layers, tensors, input).dataSync<'float32'>()
      })
      const part = score(logits, batch, data.shape.classes)
      correct += part.correct
      loss += part.loss
    }
  } finally {
    tf.dispose(tensors)
  }
  return { accuracy: correct / labels.length, loss: loss / labels.length }
}

/**
 * `logits` [B, classes], `labels` [B]; sums over the batch, in float64.
 *
 * @public for its test of large logits.
 */
export function score(
  logits: Float32Array,
  labels: Uint8Array,
  classes: number,
): { correct: number; loss: number } {
  let correct = 0
  let loss = 0
  labels.forEach((label, record) => {
    const row = logits.subarray(record * classes, (record + 1) * classes)
    const greatest = Math.max(...row)
    let sum = 0
    for (const logit of row) sum += Math.exp(logit - greatest)
    const own = row[label] ?? NaN
    // log Σ exp(z) − z_label, with the greatest taken out so that nothing overflows.
    loss += greatest + Math.log(sum) - own
    if (row.indexOf(greatest) === label) correct += 1
  })
  return { correct, loss }
}

function tensorsOf(
  model: { readonly spec: ModelSpec; readonly parameters: Float32Array },
  shape: DataShape,
): Tensor[] {
  const layout = layoutOf(model.spec, shape)
  if (layout.size !== model.parameters.length) {
    throw new Error(`the model has ${layout.size} parameters, not ${model.parameters.length}`)
  }
  return layout.tensors.map(({ offset, size, shape: tensorShape }) =>
    tf.tensor(model.parameters.slice(offset, offset + size), [...tensorShape]),
  )
}
