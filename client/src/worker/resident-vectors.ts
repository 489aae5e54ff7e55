import type { ContributorTerms, Settlement, Verdict } from '@quorate/shared/methods/method'
import type { Slice } from '@quorate/shared/tally/slices'
import type { EngineModel } from '../trainer/engine.ts'
import { PendingBallots } from '../trainer/pending-ballots.ts'
import { PlainParameters } from '../trainer/plain-parameters.ts'
import type { DirectionOrder, VectorPlan, Vectors, VectorsCast } from '../trainer/vectors.ts'
import { DeviceRefused } from '../webgpu/compute.ts'
import type { DevicePending } from '../webgpu/device-method.ts'
import { DeviceVectors } from './device-vectors.ts'

/** Does a step on the backend, which is opened again if it was lost. */
export type Guarded = <T>(step: (model: EngineModel) => Promise<T>) => Promise<T>

/** Verdicts that are kept to be taken again; a digest, which reads x back, comes more often. */
const MAX_SINCE = 32
const MAX_SINCE_WORDS = 2 ** 22

/** One that the device has taken. */
interface Taken {
  readonly verdict: Verdict
  readonly slices: readonly Slice[]
}

/**
 * Vectors on the GPU that computes the gradients. Only ballots are read back, and x when it is
 * asked for. A GPU that is lost takes the method's state and the ballots at large with it, as for a contributor that
 * was away; x does not depend on it, as its last copy and the verdicts since are kept.
 */
export class ResidentVectors implements Vectors {
  readonly #plan: VectorPlan
  readonly #guarded: Guarded
  readonly #pending = new PendingBallots<DevicePending>((pending) => {
    this.#device?.method.release(pending)
  })
  /** x as it was last read from the device or written to it. */
  readonly #copy: PlainParameters
  /** What the device's x has taken since. */
  #since: Taken[] = []
  /** Null from when it failed until the next ballot. */
  #device: DeviceVectors | null
  /** Why the device was given up, until that is told. */
  #failure: Error | null = null

  private constructor(plan: VectorPlan, device: DeviceVectors, guarded: Guarded) {
    this.#plan = plan
    this.#guarded = guarded
    this.#device = device
    this.#copy = new PlainParameters(plan.block)
  }

  /** Rejects when the device refuses a program or a buffer. */
  static async open(
    plan: VectorPlan,
    model: EngineModel,
    guarded: Guarded,
  ): Promise<ResidentVectors> {
    return new ResidentVectors(plan, await DeviceVectors.open(plan, model), guarded)
  }

  async load(parameters: Float32Array): Promise<void> {
    this.#pending.clear()
    this.#since = []
    await this.#copy.load(parameters)
    this.#device?.parameters.load(parameters)
  }

  async apply(verdict: Verdict, slices: readonly Slice[]): Promise<void> {
    if (!this.#device) return this.#copy.apply(verdict, slices)
    this.#device.parameters.apply(verdict, slices)
    this.#since.push({ verdict, slices })
    if (this.#keepsTooMuch) await this.#readBack()
  }

  async parameters(): Promise<Float32Array<ArrayBuffer>> {
    await this.#readBack()
    return this.#copy.parameters()
  }

  loudness(order: DirectionOrder, terms: ContributorTerms): Promise<number | null> {
    return this.#onDevice((device) => device.loudness(order, terms))
  }

  cast(order: DirectionOrder, attempt: number, terms: ContributorTerms): Promise<VectorsCast> {
    return this.#onDevice(async (device): Promise<VectorsCast> => {
      const cast = await device.cast(order, terms)
      if (cast.kind === 'non-finite') {
        const detail = `the gradient is not finite, at a batch loss of ${cast.loss}`
        return { kind: 'non-finite', detail }
      }
      const { pending, loss } = cast
      // Given up meanwhile, as lost: nobody waits for this ballot any more.
      if (device === this.#device) this.#pending.keep(attempt, { pending, terms })
      return { kind: 'cast', sent: pending.ballot, loss }
    })
  }

  async settle(attempt: number, settlement: Settlement): Promise<void> {
    const ballot = this.#pending.take(attempt)
    if (ballot) this.#device?.method.settle(ballot.pending, settlement, ballot.terms)
  }

  close(): void {
    this.#pending.clear()
    this.#device?.close()
    this.#device = null
  }

  /** Does a step on the device, on a new one where the old one was lost or has failed. */
  #onDevice<T>(step: (device: DeviceVectors) => Promise<T>): Promise<T> {
    return this.#guarded(async (model) => {
      const failure = this.#failure
      this.#failure = null
      if (failure) throw failure
      if (this.#device && !this.#device.current) await this.#giveUp()
      if (!this.#device) {
        const device = await DeviceVectors.open(this.#plan, model)
        device.parameters.load(this.#copy.x)
        this.#device = device
      }
      try {
        return await step(this.#device)
      } catch (error) {
        if (error instanceof DeviceRefused) await this.#giveUp()
        throw error
      }
    })
  }

  /** Brings the copy to where the device's x is: from there, or by the verdicts since. */
  async #readBack(): Promise<void> {
    if (!this.#device || this.#since.length === 0) return
    try {
      this.#copy.x = await this.#device.parameters.read()
      this.#since = []
    } catch (error) {
      // x is known all the same; the next ballot tells of it, or of the loss behind it.
      this.#failure = new Error('the parameters could not be read from the GPU', { cause: error })
      await this.#giveUp()
    }
  }

  /** Without the device from here on: its state and the ballots at large are gone. */
  async #giveUp(): Promise<void> {
    for (const { verdict, slices } of this.#since) await this.#copy.apply(verdict, slices)
    this.#since = []
    this.#pending.clear()
    this.#device?.close()
    this.#device = null
  }

  /** What is kept since the last copy is bounded in number and in size. */
  get #keepsTooMuch(): boolean {
    const words = this.#since.reduce(
      (sum, { verdict }) => sum + ('signs' in verdict ? verdict.signs.length : this.#plan.d),
      0,
    )
    return this.#since.length >= MAX_SINCE || words > MAX_SINCE_WORDS
  }
}
