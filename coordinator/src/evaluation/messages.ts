import type { DataShape, ModelSpec } from '@quorate/shared/model/spec'
import type { Records } from '../data/data-set.ts'
import type { Evaluation } from './evaluate.ts'

/** Evaluator → worker thread. Both ends are this program: types are enough. */
export type EvaluationRequest =
  | {
      readonly kind: 'data'
      readonly dataSet: string
      readonly shape: DataShape
      readonly test: Records
    }
  | {
      readonly kind: 'evaluate'
      readonly dataSet: string
      readonly spec: ModelSpec
      readonly parameters: Float32Array
    }

/** Worker thread → evaluator: one answer to each `evaluate`. */
export type EvaluationAnswer =
  ({ readonly kind: 'done' } & Evaluation) | { readonly kind: 'failed'; readonly message: string }
