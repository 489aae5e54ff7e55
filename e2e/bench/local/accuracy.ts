import { mnistTestFiles } from '../../fixtures/evaluate.ts'

const INPUTS = 784
const CLASSES = 10

/** Share of MNIST's 10,000 test images that the MLP 784–`hidden`–10 with flat parameters `x` gets right. */
export async function testAccuracy(x: Float32Array, hidden: number): Promise<number> {
  const { images, labels } = await mnistTestFiles()
  const [firstBias, second] = [INPUTS * hidden, INPUTS * hidden + hidden]
  const secondBias = second + hidden * CLASSES
  let right = 0
  for (let n = 0; n < labels.length; n++) {
    const h = Float64Array.from(x.subarray(firstBias, second))
    for (let i = 0; i < INPUTS; i++) {
      const value = (images[n * INPUTS + i] ?? 0) / 255
      if (value === 0) continue
      for (let j = 0; j < hidden; j++) h[j] = (h[j] ?? 0) + value * (x[i * hidden + j] ?? 0)
    }
    const logits = Float64Array.from(x.subarray(secondBias, secondBias + CLASSES))
    for (let j = 0; j < hidden; j++) {
      const value = Math.max(0, h[j] ?? 0)
      for (let c = 0; c < CLASSES; c++) {
        logits[c] = (logits[c] ?? 0) + value * (x[second + j * CLASSES + c] ?? 0)
      }
    }
    if (logits.indexOf(Math.max(...logits)) === labels[n]) right += 1
  }
  return right / labels.length
}
