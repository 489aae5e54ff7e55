/** Plain SGD in one browser tab, by the gradient that volunteers' tabs compute. */
import { systemClock } from '@quorate/shared/clock/system-clock'
import { initialParameters } from '@quorate/shared/model/initialise'
import { generator } from '@quorate/shared/random/generator'
import { engineModel } from '@quorate/client/trainer/engine'
import { TfjsEngine } from '@quorate/client/worker/tfjs-engine'

export interface LocalOrder {
  readonly hidden: number
  readonly batch: number
  readonly learningRate: number
  /** When to keep the parameters, ascending, in seconds. */
  readonly atSeconds: readonly number[]
}

export interface LocalResult {
  /** Steps taken and parameters at each of the times. */
  readonly kept: readonly { readonly steps: number; readonly parameters: number[] }[]
}

const IMAGE_BYTES = 784
/** Of an IDX file of images, and of one of labels. */
const HEADER_BYTES = { images: 16, labels: 8 } as const

async function trainLocally(order: LocalOrder): Promise<LocalResult> {
  const { hidden, batch, learningRate, atSeconds } = order
  const model = engineModel({ kind: 'mlp', hidden: [hidden] }, { input: [28, 28, 1], classes: 10 })
  const engine = new TfjsEngine({ forced: 'wasm', clock: systemClock })
  await engine.prepare(model, batch)
  const [images, labels] = await Promise.all([load('images'), load('labels')])
  const x = initialParameters(model.layout, 1)
  const chance = generator(1)
  const inputs = new Float32Array(batch * IMAGE_BYTES)
  const wanted = new Uint8Array(batch)
  const kept: { steps: number; parameters: number[] }[] = []
  const startMs = performance.now()
  for (let steps = 0; kept.length < atSeconds.length; steps++) {
    if (performance.now() - startMs >= 1000 * (atSeconds[kept.length] ?? Infinity)) {
      kept.push({ steps, parameters: [...x] })
    }
    for (let b = 0; b < batch; b++) {
      const record = chance.below(labels.length)
      for (let i = 0; i < IMAGE_BYTES; i++) {
        inputs[b * IMAGE_BYTES + i] = (images[record * IMAGE_BYTES + i] ?? 0) / 255
      }
      wanted[b] = labels[record] ?? 0
    }
    const { gradient } = await engine.gradient(x, inputs, wanted)
    for (let i = 0; i < x.length; i++) x[i] = (x[i] ?? 0) - learningRate * (gradient[i] ?? 0)
  }
  return { kept }
}

async function load(what: keyof typeof HEADER_BYTES): Promise<Uint8Array> {
  const answer = await fetch(`/data/${what}`)
  return new Uint8Array(await answer.arrayBuffer()).subarray(HEADER_BYTES[what])
}

Object.assign(window, { trainLocally })
