/// <reference types="vite/client" />
/** Runs in a browser with WebGPU: how long the parts of a contributor's round take on its device. */
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import { createMethod } from '@quorate/shared/methods/create'
import type { ContributorTerms, Verdict } from '@quorate/shared/methods/method'
import { usualMethod } from '@quorate/shared/methods/usual'
import { initialParameters } from '@quorate/shared/model/initialise'
import type { ModelSpec } from '@quorate/shared/model/spec'
import { generator } from '@quorate/shared/random/generator'
import { sliceRanges } from '@quorate/shared/tally/slices'
import { engineModel } from '@quorate/client/trainer/engine'
import type { VectorPlan } from '@quorate/client/trainer/vectors'
import { Compute } from '@quorate/client/webgpu/compute'
import { DeviceGradient } from '@quorate/client/worker/device-gradient'
import { DeviceVectors } from '@quorate/client/worker/device-vectors'
import { tf } from '@quorate/client/worker/tf'
import { openBackend } from '@quorate/client/worker/tfjs-backends'
import { watchDevices } from './device-usage.ts'
import { programChecks } from './program-checks.ts'

/** What is timed. */
export interface TimingOrder {
  readonly model: ModelSpec
  readonly batch: number
  readonly repeats: number
}

/** By repeat, in turn; ms until the device is done. */
export interface DeviceTiming {
  readonly d: number
  /** The gradient alone, left on the device. */
  readonly gradientMs: readonly number[]
  /** Gradient, error feedback, signs, weights, packing and reading the ballot back. */
  readonly castMs: readonly number[]
  /** A verdict of signs taken. */
  readonly applyMs: readonly number[]
  /** Bytes read back for one ballot. */
  readonly readBytes: number
}

export interface Adapter {
  readonly name: string
  /** Emulated on the CPU. */
  readonly software: boolean
}

export interface TimingPage {
  adapter(): Promise<Adapter | null>
  /** Rejects where a ballot or a step is not what it is in memory, to the bit. */
  check(): Promise<void>
  time(order: TimingOrder): Promise<DeviceTiming>
}

const BLOCK = 256
const SHAPE = { input: [28, 28, 1] as const, classes: 10 }
/** Not counted: programs are compiled. */
const WARM_REPEATS = 2

async function adapter(): Promise<Adapter | null> {
  const found = await navigator.gpu?.requestAdapter({ powerPreference: 'high-performance' })
  if (!found) return null
  const { vendor, architecture, device, description, isFallbackAdapter } = found.info
  const named = [vendor, architecture, device, description].filter((word) => word !== '')
  const name = named.join(', ')
  const software = isFallbackAdapter || /swiftshader|llvmpipe|lavapipe|basic render/i.test(name)
  return { name, software }
}

async function check(): Promise<void> {
  await programChecks['verdicts of every kind move parameters to the same bits as in memory']()
  await programChecks['the ballots of ef-vote are those made in memory']()
}

async function time({ model: spec, batch, repeats }: TimingOrder): Promise<DeviceTiming> {
  const obstacle = await openBackend('webgpu', true)
  if (obstacle !== null) throw new Error(obstacle)
  const model = engineModel(spec, { ...SHAPE, input: [...SHAPE.input] })
  const d = model.layout.size
  const methodSettings = usualMethod('ef-vote')
  const method = createMethod(methodSettings, model.layout, BLOCK)
  if (method.kind !== 'votes') throw new Error('it does not vote')
  const localSteps = { localSteps: 1, localLearningRate: 0.1, weightDecay: 0 }
  const plan: VectorPlan = { d, block: BLOCK, method, methodSettings, localSteps }
  const vectors = await DeviceVectors.open(plan, model)
  const { device } = tf.backend() as WebGPUBackend
  const compute = new Compute(device)
  const gradient = new DeviceGradient(compute, model)
  vectors.parameters.load(new Float32Array(initialParameters(model.layout, 1)))
  const chance = generator(1)
  const someBatch = {
    inputs: Float32Array.from({ length: batch * 784 }, () => chance.below(256) / 255),
    labels: Uint8Array.from({ length: batch }, () => chance.below(SHAPE.classes)),
  }
  const slices = sliceRanges(d, BLOCK, 1)
  const units = method.coordinator.calibrate(method.coordinator.init(), [0.02])
  const usage = watchDevices()
  const timing = { gradientMs: [] as number[], castMs: [] as number[], applyMs: [] as number[] }
  let readBytes = 0
  for (let round = 0; round < repeats + WARM_REPEATS; round++) {
    const terms: ContributorTerms = {
      ...{ runSeed: 1, round, contributor: 0, share: 1, block: BLOCK, slices },
      ...{ learningRate: 0.003, units },
    }
    const gradientMs = await done(device, () => {
      gradient.at(vectors.parameters.x, someBatch).release()
    })
    const before = usage().readBytes
    const startMs = performance.now()
    const cast = await vectors.cast({ share: 1, batch: () => someBatch }, terms)
    const castMs = performance.now() - startMs
    readBytes = usage().readBytes - before
    if (cast.kind !== 'cast') throw new Error('the gradient is not finite')
    const { signs } = cast.pending.ballot
    vectors.method.settle(cast.pending, { kind: 'decided', counted: [true] }, terms)
    const verdict: Verdict = { kind: 'signs', step: 1e-3, signs, valid: [true], nextUnits: null }
    const applyMs = await done(device, () => vectors.parameters.apply(verdict, slices))
    if (round < WARM_REPEATS) continue
    timing.gradientMs.push(gradientMs)
    timing.castMs.push(castMs)
    timing.applyMs.push(applyMs)
  }
  gradient.close()
  compute.close()
  vectors.close()
  return { d, ...timing, readBytes }
}

/** ms until the device has done what `work` submits. */
async function done(device: GPUDevice, work: () => void): Promise<number> {
  await device.queue.onSubmittedWorkDone()
  const startMs = performance.now()
  work()
  await device.queue.onSubmittedWorkDone()
  return performance.now() - startMs
}

const page: TimingPage = { adapter, check, time }
Object.assign(window, { timing: page })
