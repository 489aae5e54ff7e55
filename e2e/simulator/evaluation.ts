import type { DataSet } from '@quorate/coordinator/data/data-set'
import type { Evaluation } from '@quorate/coordinator/evaluation/evaluate'
import { score } from '@quorate/coordinator/evaluation/evaluate'
import type { FastModel } from '@quorate/shared/model/fast-model'

const BATCH_RECORDS = 100

/** Accuracy and loss of parameters [d] on the data set's test part. */
export function testSet({ shape, test, recordBytes }: DataSet, model: FastModel) {
  const inputs = new Float64Array(test.features.length)
  for (let i = 0; i < inputs.length; i++) inputs[i] = Math.fround((test.features[i] ?? 0) / 255)
  return (parameters: Float32Array): Evaluation => {
    let correct = 0
    let loss = 0
    for (let from = 0; from < test.labels.length; from += BATCH_RECORDS) {
      const labels = test.labels.subarray(from, from + BATCH_RECORDS)
      const pixels = inputs.subarray(from * recordBytes, (from + labels.length) * recordBytes)
      const logits = model.logits(parameters, pixels, labels.length)
      const part = score(logits, labels, shape.classes)
      correct += part.correct
      loss += part.loss
    }
    return { accuracy: correct / test.labels.length, loss: loss / test.labels.length }
  }
}
