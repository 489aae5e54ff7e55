import type { BackendReport } from '@quorate/client/session/ports'
import type { BatchGradient, EngineModel, GradientEngine } from '@quorate/client/trainer/engine'
import type { FastModel } from '@quorate/shared/model/fast-model'

/** Gradients for every contributor of a simulation, one after the other, in the same buffers. */
export class SharedEngine implements GradientEngine {
  readonly #model: FastModel

  /** `model` is the run's; contributors only borrow it. */
  constructor(model: FastModel) {
    this.#model = model
  }

  async prepare(_model: EngineModel): Promise<BackendReport> {
    return { backend: 'cpu', stepMs: {}, why: 'plain TypeScript on the CPU' }
  }

  async gradient(
    x: Float32Array,
    inputs: Float32Array,
    labels: Uint8Array,
  ): Promise<BatchGradient> {
    return this.#model.gradient(x, { inputs, labels })
  }

  dispose(): void {
    // The model is the simulation's.
  }
}
