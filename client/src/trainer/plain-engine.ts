import type { DenseModel } from '@quorate/shared/model/plain-gradient'
import { plainGradient } from '@quorate/shared/model/plain-gradient'
import type { DataShape } from '@quorate/shared/model/spec'
import type { BackendReport } from '../session/ports.ts'
import type { BatchGradient, EngineModel, GradientEngine } from './engine.ts'
import { TrainerError } from './errors.ts'

/**
 * Gradients in plain TypeScript, for models of dense layers: needs no backend, and is slow.
 *
 * @public the engine of whole runs in one process
 */
export class PlainEngine implements GradientEngine {
  #model: { readonly spec: DenseModel; readonly shape: DataShape } | null = null

  async prepare({ spec, shape }: EngineModel): Promise<BackendReport> {
    if (spec.kind !== 'softmax' && spec.kind !== 'mlp') {
      const detail = `plain TypeScript trains models of dense layers only, not '${spec.kind}'`
      throw new TrainerError('BACKEND_CANNOT_TRAIN', detail)
    }
    this.#model = { spec, shape }
    return { backend: 'cpu', stepMs: {}, why: 'plain TypeScript on the CPU' }
  }

  async gradient(
    x: Float32Array,
    inputs: Float32Array,
    labels: Uint8Array,
  ): Promise<BatchGradient> {
    if (!this.#model) throw new TrainerError('NOT_PREPARED', 'no model has been prepared')
    return plainGradient(this.#model.spec, this.#model.shape, x, { inputs, labels })
  }

  dispose(): void {
    this.#model = null
  }
}
