import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu'
import type { ContributorTerms } from '@quorate/shared/methods/method'
import type { MethodSettings, VotingSettings } from '@quorate/shared/methods/settings'
import { sendsVectors } from '@quorate/shared/methods/settings'
import type { EngineModel } from '../trainer/engine.ts'
import type { DirectionOrder, VectorPlan } from '../trainer/vectors.ts'
import { APPLY } from '../webgpu/apply-program.ts'
import { Compute, parameterWords } from '../webgpu/compute.ts'
import { DeviceParameters } from '../webgpu/device-parameters.ts'
import { DeviceSsdm } from '../webgpu/device-ssdm.ts'
import { DeviceVote } from '../webgpu/device-vote.ts'
import type {
  DeviceCast,
  DeviceDirection,
  DeviceMethod,
  DeviceShape,
} from '../webgpu/device-method.ts'
import { LOCAL_STEP } from '../webgpu/state-programs.ts'
import { tileCount } from '../webgpu/wgsl/tiles.ts'
import { DeviceGradient } from './device-gradient.ts'
import { tf } from './tf.ts'

/** For more than one local step. */
interface LocalBuffers {
  /** [d] */
  readonly point: GPUBuffer
  /** [d + 1] */
  readonly sum: GPUBuffer
}

/** Parameters, method state and gradients on the device of tfjs's WebGPU backend in use. */
export class DeviceVectors {
  readonly parameters: DeviceParameters
  readonly method: DeviceMethod
  readonly #compute: Compute
  readonly #plan: VectorPlan
  readonly #gradient: DeviceGradient
  readonly #local: LocalBuffers | null

  private constructor(compute: Compute, plan: VectorPlan, model: EngineModel) {
    const { d, block, localSteps } = plan
    const shape = { d, block, tensors: model.layout.tensors }
    this.#compute = compute
    this.#plan = plan
    this.parameters = new DeviceParameters(compute, shape)
    this.method = deviceMethod(compute, plan.methodSettings, shape)
    this.#gradient = new DeviceGradient(compute, model)
    this.#local =
      localSteps.localSteps > 1 ? { point: compute.buffer(d), sum: compute.buffer(d + 1) } : null
  }

  /** Parameters and state are zero. Rejects when the device refuses a program or a buffer. */
  static async open(plan: VectorPlan, model: EngineModel): Promise<DeviceVectors> {
    const compute = new Compute((tf.backend() as WebGPUBackend).device)
    try {
      const made = await compute.checked(async () => new DeviceVectors(compute, plan, model))
      const local = made.#local ? [LOCAL_STEP] : []
      await compute.compile([APPLY, ...made.method.programs, ...local])
      return made
    } catch (error) {
      compute.close()
      throw error
    }
  }

  /** Whether the backend in use is still the one that these are on. */
  get current(): boolean {
    return this.#compute.device === (tf.backend() as WebGPUBackend).device
  }

  cast(order: DirectionOrder, terms: ContributorTerms): Promise<DeviceCast> {
    return this.#directed(order, (direction) => this.method.cast(direction, terms))
  }

  loudness(order: DirectionOrder, terms: ContributorTerms): Promise<number | null> {
    return this.#directed(order, (direction) => this.method.loudness(direction, terms))
  }

  close(): void {
    this.#gradient.close()
    this.#compute.close()
  }

  /** What `use` makes of the gradient at x, or of the sum of H local steps' gradients. */
  async #directed<T>(
    order: DirectionOrder,
    use: (direction: DeviceDirection) => Promise<T>,
  ): Promise<T> {
    const { x } = this.parameters
    const { share } = order
    if (this.#local) {
      this.#walk(order, this.#local)
      return use({ gradient: this.#local.sum, x, share, decay: 0 })
    }
    const gradient = this.#gradient.at(x, order.batch(0))
    const decay = this.#plan.localSteps.weightDecay
    try {
      return await use({ gradient: gradient.buffer, x, share, decay })
    } finally {
      gradient.release()
    }
  }

  #walk({ batch }: DirectionOrder, { point, sum }: LocalBuffers): void {
    const { d, localSteps: settings } = this.#plan
    const { localSteps, localLearningRate, weightDecay } = settings
    this.#compute.copy(this.parameters.x, point, { from: 0, to: 0, words: d })
    for (let step = 0; step < localSteps; step++) {
      const gradient = this.#gradient.at(point, batch(step))
      const isLast = step + 1 === localSteps
      this.#compute.run(LOCAL_STEP, {
        tiles: tileCount(d + 1),
        parameters: parameterWords([
          ...[d, Number(step === 0), Number(isLast)],
          ...[weightDecay, localLearningRate, 1 / localSteps].map((float) => ({ float })),
        ]),
        storage: [gradient.buffer, point, sum],
      })
      gradient.release()
    }
  }
}

function deviceMethod(
  compute: Compute,
  settings: MethodSettings,
  shape: DeviceShape,
): DeviceMethod {
  if (sendsVectors(settings)) throw new Error(`${settings.id} does not vote`)
  const voting: VotingSettings = settings
  return voting.id === 'ssdm'
    ? new DeviceSsdm(compute, voting, shape)
    : new DeviceVote(compute, voting, shape)
}
