/// <reference types="vite/client" />
/** Trainers on tfjs's WebGPU backend beside trainers in memory, through rounds of one run. */
import { createMethod } from '@quorate/shared/methods/create'
import type { Ballot, VotingMethod } from '@quorate/shared/methods/method'
import { layoutOf } from '@quorate/shared/model/layout'
import type { ModelSpec } from '@quorate/shared/model/spec'
import { initialParameters } from '@quorate/shared/model/initialise'
import type { RunSettingsInput } from '@quorate/shared/run/settings'
import { runSettings } from '@quorate/shared/run/settings'
import { systemClock } from '@quorate/shared/clock/system-clock'
import { generator } from '@quorate/shared/random/generator'
import { cutBallot, tallyPlain } from '@quorate/shared/tally/count'
import { sliceRanges } from '@quorate/shared/tally/slices'
import { encodeCheckpoint } from '@quorate/shared/wire/checkpoint'
import { encodeChunk } from '@quorate/shared/wire/chunk'
import { encodeVerdict } from '@quorate/shared/wire/verdict'
import type { CastResult, RunInfo } from '@quorate/client/session/ports'
import { PlainEngine } from '@quorate/client/trainer/plain-engine'
import { LocalTrainer } from '@quorate/client/trainer/trainer'
import { tf } from '@quorate/client/worker/tf'
import { TfjsEngine } from '@quorate/client/worker/tfjs-engine'
import { watchDevices } from './device-usage.ts'
import { same } from './same.ts'

export const trainingChecks = {
  'a contributor on WebGPU follows the verdicts to the bit, beside one in memory': async () => {
    await train({ method: { id: 'ef-vote' } })
    await train({ method: { id: 'ef-vote', down: 'scaled' }, learningRate: 0.5, block: 64 })
    await train({ method: { id: 'signum-mv' }, weightDecay: 0.01 })
    await train({ method: { id: 'ssdm' } })
  },
  'local steps on WebGPU learn, and follow the verdicts to the bit': async () => {
    const local = { localSteps: 3, localLearningRate: 0.1, weightDecay: 0.01 }
    await train({ method: { id: 'ef-vote' }, ...local })
  },
  'a round reads back a bit for a parameter and four words for a block, a digest the rest':
    readsBallots,
  'a GPU that is lost takes no parameter with it, and others follow': losesItsGpu,
}

const input = [4, 8, 1] as const
const classes = 3
const model: ModelSpec = { kind: 'mlp', hidden: [20] }
const layout = layoutOf(model, { input, classes })
const d = layout.size
const SLICES = 2

function runInfo(over: Partial<RunSettingsInput>): RunInfo {
  const settings = runSettings.parse({
    ...{ name: 'n', dataSet: 'test', seed: 42, rounds: 1000, model, method: { id: 'ef-vote' } },
    ...{ partition: { kind: 'shared' }, shards: 1, batch: 8, learningRate: 0.01, block: 256 },
    ...over,
  })
  return { id: 'r', number: 1, settings, input: [...input], classes, d }
}

/** What came of one round. */
interface Outcome {
  readonly casts: readonly CastResult[]
}

/** Two contributors, one on WebGPU and one in memory, and their coordinator. */
class Pair {
  readonly gpu = new LocalTrainer(new TfjsEngine({ forced: 'webgpu', clock: systemClock }), () =>
    performance.now(),
  )
  readonly plain = new LocalTrainer(new PlainEngine(), () => 0)
  readonly run: RunInfo
  readonly #coordinator: VotingMethod['coordinator']
  readonly #state: unknown
  #units: Uint8Array | null
  #round = 0

  constructor(over: Partial<RunSettingsInput>) {
    this.run = runInfo(over)
    const { method, block } = this.run.settings
    const made = createMethod(method, layout, block)
    if (made.kind !== 'votes') throw new Error('it does not vote')
    this.#coordinator = made.coordinator
    this.#state = made.coordinator.init()
    this.#units = made.coordinator.calibrate(this.#state, [0.02, 0.02])
  }

  get trainers(): readonly LocalTrainer[] {
    return [this.gpu, this.plain]
  }

  async start(): Promise<void> {
    const chance = generator(8)
    const chunk = encodeChunk({
      records: 60,
      labels: Uint8Array.from({ length: 60 }, (_, i) => i % classes),
      features: Uint8Array.from({ length: 60 * 32 }, (_, i) =>
        Math.floor(i / 32) % classes === i % classes ? 255 : chance.below(100),
      ),
    })
    const parameters = new Float32Array(initialParameters(layout, 3))
    const checkpoint = encodeCheckpoint({ round: 0, parameters, units: this.#units })
    for (const [contributor, trainer] of this.trainers.entries()) {
      await trainer.prepare(this.run, contributor)
      await trainer.loadCheckpoint(checkpoint)
      await trainer.addChunk('a', chunk)
    }
  }

  /** One round; the ballot of the one on WebGPU is counted in one slice where the round is even. */
  async round(): Promise<Outcome> {
    const round = this.#round++
    const { settings, number } = this.run
    const { block, seed: runSeed } = settings
    const learningRate = Math.fround(settings.learningRate)
    const slices = sliceRanges(d, block, SLICES)
    const order = {
      ...{ round, attempt: round + 1, learningRate, slices: SLICES, share: 1, batch: 8 },
      draws: [{ shard: 0, chunks: ['a'] }],
    }
    const casts = await Promise.all(this.trainers.map((trainer) => trainer.cast(order)))
    const votes = casts.map((cast) => (cast.kind === 'cast' ? (cast.sent as Ballot) : null))
    const countedIn = (contributor: number, slice: number) =>
      votes[contributor] !== null && !(contributor === 0 && slice === 1 && round % 2 === 0)
    const tally = {
      d,
      block,
      slices: slices.map((slice) => {
        const ballots = votes.flatMap((vote, contributor) =>
          vote && countedIn(contributor, slice.index)
            ? [cutBallot(vote, slice, block, contributor)]
            : [],
        )
        return tallyPlain(slice, block, ballots)
      }),
    }
    const valid = slices.map(() => true)
    const terms = { runSeed, round, block, slices, learningRate, units: this.#units, valid }
    const verdict = this.#coordinator.decide(this.#state, tally, terms)
    this.#units = verdict.nextUnits
    const frame = encodeVerdict({ run: number, d, block }, { round, attempt: round + 1 }, verdict)
    for (const [contributor, trainer] of this.trainers.entries()) {
      const counted = slices.map(({ index }) => countedIn(contributor, index))
      await trainer.settle(order.attempt, { kind: 'decided', counted })
      await trainer.applyVerdict(frame)
    }
    return { casts }
  }

  async agree(): Promise<void> {
    const [gpu, plain] = await Promise.all(this.trainers.map((trainer) => trainer.digest()))
    if (JSON.stringify(gpu) !== JSON.stringify(plain)) {
      throw new Error(`${JSON.stringify(gpu)} and ${JSON.stringify(plain)}`)
    }
  }

  close(): void {
    for (const trainer of this.trainers) trainer.close()
  }
}

/** Rounds to equal digests, in which the loss of the one on WebGPU falls as that of the other. */
async function train(over: Partial<RunSettingsInput>): Promise<void> {
  const pair = new Pair(over)
  await pair.start()
  const losses: number[][] = []
  for (let round = 0; round < 24; round++) {
    const { casts } = await pair.round()
    losses.push(
      casts.map((cast) => {
        if (cast.kind !== 'cast') throw new Error(cast.detail)
        return cast.loss
      }),
    )
    if (round % 5 === 4) await pair.agree()
  }
  await pair.agree()
  same('parameters', await pair.gpu.parameters(), await pair.plain.parameters())
  const mean = (from: number, who: number) =>
    losses.slice(from, from + 6).reduce((sum, both) => sum + (both[who] ?? NaN) / 6, 0)
  for (const who of [0, 1]) {
    if (!(mean(18, who) < mean(0, who))) {
      throw new Error(`loss of ${who}: ${mean(0, who)}, then ${mean(18, who)}`)
    }
  }
  pair.close()
}

/** Rounds of one run for as long as a test likes, and what they have left behind so far. */
export class LongRun {
  readonly #pair = new Pair({ method: { id: 'ef-vote' } })
  readonly #usage = watchDevices()

  start(): Promise<void> {
    return this.#pair.start()
  }

  /** So many more; the replicas must agree after them. */
  async rounds(count: number): Promise<void> {
    for (let n = 0; n < count; n++) await this.#pair.round()
    await this.#pair.agree()
  }

  /** Tensors, their bytes, and buffers on the device. */
  held(): number[] {
    return [tf.memory().numTensors, tf.memory().numBytes, this.#usage().buffers]
  }

  close(): void {
    this.#pair.close()
    same('tensors after closing', [tf.engine().state.numTensors], [0])
  }
}

async function readsBallots(): Promise<void> {
  const words = Math.ceil(d / 32)
  const blocks = Math.ceil(d / 256)
  for (const [method, expected] of [
    [{ id: 'signum-mv' }, 2 + words],
    [{ id: 'ef-vote' }, 2 + words + 4 * blocks],
    [{ id: 'ssdm' }, 2 + words + 2 + 3 * blocks],
  ] as const) {
    const pair = new Pair({ method })
    const usage = watchDevices()
    await pair.start()
    for (let n = 0; n < 3; n++) {
      const before = usage().readBytes
      await pair.round()
      same(`bytes read in a round of ${method.id}`, [usage().readBytes - before], [4 * expected])
    }
    const before = usage().readBytes
    await pair.agree()
    same('bytes read for a digest', [usage().readBytes - before], [4 * d])
    pair.close()
  }
}

async function losesItsGpu(): Promise<void> {
  const pair = new Pair({ method: { id: 'ef-vote' } })
  await pair.start()
  for (let n = 0; n < 3; n++) await pair.round()
  const backend = tf.backend() as unknown as { readonly device: GPUDevice }
  backend.device.destroy()
  await pair.agree()
  const { casts } = await pair.round()
  if (casts[0]?.kind !== 'abstain' || casts[0].reason !== 'failed') {
    throw new Error(`the ballot on a lost GPU: ${JSON.stringify(casts[0]?.kind)}`)
  }
  await pair.agree()
  for (let n = 0; n < 4; n++) {
    const [gpu] = (await pair.round()).casts
    if (gpu?.kind !== 'cast') throw new Error(`after the loss: ${gpu?.detail}`)
    await pair.agree()
  }
  const after = tf.backend() as unknown as { readonly device: GPUDevice }
  if (after.device === backend.device) throw new Error('it is still the old device')
  pair.close()
}
