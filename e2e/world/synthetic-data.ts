import { plainGradient } from '@quorate/shared/model/plain-gradient'
import type { DataShape, ModelSpec } from '@quorate/shared/model/spec'
import { generator } from '@quorate/shared/random/generator'

/** Small images of `classes` kinds: a bright patch at a place of its own, in noise. */
export function syntheticData(classes = 4, perClass = 100) {
  const shape: DataShape = { input: [6, 6, 1], classes }
  const random = generator(7, 7)
  const make = (count: number) => {
    const labels = Uint8Array.from({ length: classes * count }, (_, i) => i % classes)
    const features = new Uint8Array(labels.length * 36)
    labels.forEach((label, i) => {
      for (let pixel = 0; pixel < 36; pixel++) {
        const lit = Math.floor(pixel / 9) === label
        features[i * 36 + pixel] = Math.min(255, random.below(120) + (lit ? random.below(136) : 0))
      }
    })
    return { shape, labels, features }
  }
  const train = make(perClass)
  const test = make(25)
  return {
    train,
    test,
    /** Accuracy and loss on the test part, in plain TypeScript. */
    evaluate(model: ModelSpec, parameters: Float32Array): { accuracy: number; loss: number } {
      if (model.kind !== 'softmax' && model.kind !== 'mlp') throw new Error('dense models only')
      let right = 0
      let loss = 0
      test.labels.forEach((label, i) => {
        const inputs = Float32Array.from(
          test.features.subarray(i * 36, (i + 1) * 36),
          (value) => value / 255,
        )
        const losses = Array.from(
          { length: classes },
          (_, guess) =>
            plainGradient(model, shape, parameters, { inputs, labels: Uint8Array.of(guess) }).loss,
        )
        loss += losses[label] as number
        if (losses.indexOf(Math.min(...losses)) === label) right += 1
      })
      return { accuracy: right / test.labels.length, loss: loss / test.labels.length }
    },
  }
}
