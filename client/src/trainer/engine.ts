import type { Layer } from '@quorate/shared/model/layers'
import { layersOf } from '@quorate/shared/model/layers'
import type { Layout } from '@quorate/shared/model/layout'
import { layoutOf } from '@quorate/shared/model/layout'
import type { DataShape, ModelSpec } from '@quorate/shared/model/spec'
import type { BackendReport } from '../session/ports.ts'
import type { VectorPlan, Vectors } from './vectors.ts'

/** A model in the forms that computing its gradient takes. */
export interface EngineModel {
  readonly spec: ModelSpec
  readonly layers: readonly Layer[]
  readonly layout: Layout
  readonly shape: DataShape
}

/** Throws LayoutError when the model does not fit the data or the limits. */
export function engineModel(spec: ModelSpec, shape: DataShape): EngineModel {
  return { spec, layers: layersOf(spec, shape), layout: layoutOf(spec, shape), shape }
}

/** The gradient of the mean softmax cross-entropy over a batch. */
export interface BatchGradient {
  /** `[d]` in layout order; the caller owns it. */
  readonly gradient: Float32Array
  /** Mean over the batch. */
  readonly loss: number
}

/** Computes gradients of one model at a time. */
export interface GradientEngine {
  /**
   * Makes ready for `model` with batches of `batch` records. Rejects with a TrainerError:
   * NO_BACKEND, or BACKEND_CANNOT_TRAIN for one that was asked for.
   */
  prepare(model: EngineModel, batch: number): Promise<BackendReport>
  /**
   * `x` `[d]` parameters, `inputs` `[B, height · width · channels]` in 0..1, `labels` `[B]`; none
   * of them is kept or changed. Rejects when this one step failed; with code BACKEND_LOST when
   * none will succeed any more.
   */
  gradient(x: Float32Array, inputs: Float32Array, labels: Uint8Array): Promise<BatchGradient>
  /**
   * Vectors that live on the engine's own device, for the model that was prepared; null where they
   * had better live in memory, as for engines without this. Rejects when the device refuses them.
   */
  resident?(plan: VectorPlan): Promise<Vectors | null>
  /**
   * Brings a batch to the backend ahead of time, where that is another place: a step with these
   * very arrays finds it there. One at most is kept.
   */
  upload?(inputs: Float32Array, labels: Uint8Array): void
  dispose(): void
}
