/** The engine with a trainer on it, on the backend that runs without a browser. */
import { VirtualClock } from '@quorate/shared/clock/virtual-clock'
import { layoutOf } from '@quorate/shared/model/layout'
import { runSettings } from '@quorate/shared/run/settings'
import { encodeCheckpoint } from '@quorate/shared/wire/checkpoint'
import { encodeChunk } from '@quorate/shared/wire/chunk'
import { encodeVerdict } from '@quorate/shared/wire/verdict'
import { expect, test } from 'vitest'
import { LocalTrainer } from '../trainer/trainer.ts'
import { tf } from './tf.ts'
import { TfjsEngine } from './tfjs-engine.ts'

const [height, width, classes, block] = [2, 2, 2, 64] as const
const input: [number, number, number] = [height, width, 1]
const model = { kind: 'softmax' } as const
const d = layoutOf(model, { input, classes }).size
const units = Uint8Array.of(180)

test('2,000 rounds leave as many tensors as ten, and none after the end', async () => {
  const engine = new TfjsEngine({ forced: 'cpu', clock: new VirtualClock() })
  const trainer = new LocalTrainer(engine, () => 0)
  const settings = runSettings.parse({
    ...{ name: 'n', dataSet: 'test', seed: 1, rounds: 5000, model, method: { id: 'ef-vote' } },
    ...{ partition: { kind: 'iid' }, shards: 1, batch: 2, learningRate: 0.01, block },
  })
  await trainer.prepare({ id: 'r', number: 1, settings, input, classes, d }, 0)
  await trainer.loadCheckpoint(
    encodeCheckpoint({ round: 0, parameters: new Float32Array(d), units }),
  )
  const [labels, features] = [Uint8Array.of(0, 1), Uint8Array.of(255, 0, 0, 9, 0, 255, 9, 0)]
  await trainer.addChunk('a', encodeChunk({ records: 2, labels, features }))
  const round = async (number: number) => {
    const at = { round: number, attempt: number + 1 }
    const draws = [{ shard: 0, chunks: ['a'] }]
    const order = { ...at, learningRate: 0.5, slices: 1, share: 1, batch: 2, draws }
    const cast = await trainer.cast(order)
    if (cast.kind !== 'cast' || cast.sent.kind !== 'ballot') throw new Error(cast.kind)
    await trainer.settle(at.attempt, { kind: 'decided', counted: [true] })
    const { signs } = cast.sent
    const verdict = {
      kind: 'signs',
      step: 2 ** -6,
      signs,
      valid: [true],
      nextUnits: units,
    } as const
    await trainer.applyVerdict(encodeVerdict({ run: 1, d, block }, at, verdict))
  }
  for (let n = 0; n < 10; n++) await round(n)
  const { numTensors, numBytes } = tf.memory()
  for (let n = 10; n < 2000; n++) await round(n)
  expect(tf.memory()).toMatchObject({ numTensors, numBytes })
  expect((await trainer.digest()).round).toBe(2000)
  trainer.close()
  expect(tf.engine().state.numTensors).toBe(0)
})
