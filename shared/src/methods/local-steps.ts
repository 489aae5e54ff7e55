import type { FloatVector } from './method.ts'

/** A gradient, mean over its batch, and the batch's mean loss. */
export interface BatchGradient {
  readonly gradient: FloatVector
  readonly loss: number
}

export interface LocalStepSettings {
  /** H ≥ 1 */
  readonly localSteps: number
  /** γ_local, of the steps between x_t and x_n. */
  readonly localLearningRate: number
  /** λ: belongs to every gradient, g + λx. */
  readonly weightDecay: number
}

/**
 * What a contributor signs, or sends, at x: with one step its gradient; with H local steps the
 * displacement (x_t − x_n)/γ_local, which is the sum of the gradients along the way, summed as
 * such so that no digits are lost. `gradientAt(point, h)` is the gradient of local step
 * h = 0..H−1; it may reuse its buffer. `x` [d] is not changed; the loss is the mean over the steps.
 *
 * Source: METHODS.md, the methods.
 */
export async function localDirection<Vector extends FloatVector>(
  x: Vector,
  { localSteps, localLearningRate, weightDecay }: LocalStepSettings,
  gradientAt: (point: Vector, step: number) => Promise<BatchGradient> | BatchGradient,
): Promise<{ gradient: Vector; loss: number }> {
  const point = (localSteps > 1 ? x.slice() : x) as Vector
  const sum = x.slice().fill(0) as Vector
  let loss = 0
  for (let step = 0; step < localSteps; step++) {
    const computed = await gradientAt(point, step)
    loss += computed.loss / localSteps
    const last = step + 1 === localSteps
    for (let i = 0; i < sum.length; i++) {
      const at = point[i] ?? 0
      const g = (computed.gradient[i] ?? 0) + weightDecay * at
      sum[i] = (sum[i] ?? 0) + g
      if (!last) point[i] = at - localLearningRate * g
    }
  }
  return { gradient: sum, loss }
}
