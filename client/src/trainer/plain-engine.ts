import { plainGradient } from '@quorate/shared/model/plain-gradient'
import type { BackendReport } from '../session/ports.ts'
import type { BatchGradient, EngineModel, GradientEngine } from './engine.ts'
import { TrainerError } from './errors.ts'

/** Gradients in plain TypeScript, for models of dense layers: needs no backend, and is slow. */
export class PlainEngine implements GradientEngine {
  #model: EngineModel | null = null

  prepare(model: EngineModel): Promise<BackendReport> {
    const other = model.layers.find(({ kind }) => kind !== 'dense' && kind !== 'flatten')
    if (other) {
      const detail = `plain TypeScript trains dense layers only, not '${other.kind}'`
      return Promise.reject(new TrainerError('BACKEND_CANNOT_TRAIN', detail))
    }
    this.#model = model
    return Promise.resolve({ backend: 'cpu', stepMs: {}, why: 'plain TypeScript on the CPU' })
  }

  gradient(x: Float32Array, inputs: Float32Array, labels: Uint8Array): Promise<BatchGradient> {
    if (!this.#model) return Promise.reject(new TrainerError('NOT_PREPARED', 'no model'))
    return Promise.resolve(plainGradient(this.#model.layers, this.#model.layout, x, inputs, labels))
  }

  dispose(): void {
    this.#model = null
  }
}
