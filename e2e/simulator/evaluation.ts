import type { DataSet } from '@quorate/coordinator/data/data-set'
import type { Evaluation } from '@quorate/coordinator/evaluation/evaluate'
import { score } from '@quorate/coordinator/evaluation/evaluate'
import type { FastModel } from '@quorate/shared/model/fast-model'

const BATCH_RECORDS = 100

interface TestEvaluation extends Evaluation {
  /** Share of correct answers among the records of each class; of a class without records 0. */
  readonly classAccuracy: readonly number[]
}

/** Accuracy and loss of parameters [d] on the data set's test part. */
export function testSet({ shape, test, recordBytes }: DataSet, model: FastModel) {
  const inputs = new Float64Array(test.features.length)
  for (let i = 0; i < inputs.length; i++) inputs[i] = Math.fround((test.features[i] ?? 0) / 255)
  const records = new Array<number>(shape.classes).fill(0)
  for (const label of test.labels) records[label] = (records[label] ?? 0) + 1
  return (parameters: Float32Array): TestEvaluation => {
    let correct = 0
    let loss = 0
    const right = new Array<number>(shape.classes).fill(0)
    for (let from = 0; from < test.labels.length; from += BATCH_RECORDS) {
      const labels = test.labels.subarray(from, from + BATCH_RECORDS)
      const pixels = inputs.subarray(from * recordBytes, (from + labels.length) * recordBytes)
      const logits = model.logits(parameters, pixels, labels.length)
      const part = score(logits, labels, shape.classes)
      labels.forEach((label, record) => {
        const row = logits.subarray(record * shape.classes, (record + 1) * shape.classes)
        if (row.indexOf(Math.max(...row)) === label) right[label] = (right[label] ?? 0) + 1
      })
      correct += part.correct
      loss += part.loss
    }
    const classAccuracy = right.map((count, label) => count / Math.max(1, records[label] ?? 0))
    return {
      accuracy: correct / test.labels.length,
      loss: loss / test.labels.length,
      classAccuracy,
    }
  }
}
