import { localDirection } from '@quorate/shared/methods/local-steps'
import type {
  Ballot,
  Cast,
  ContributorTerms,
  FloatVector,
  Settlement,
  Verdict,
} from '@quorate/shared/methods/method'
import { finite } from '@quorate/shared/sign/pack'
import type { Slice } from '@quorate/shared/tally/slices'
import { encodeVector, sendable } from '@quorate/shared/wire/vector'
import type { Payload } from '../session/ports.ts'
import type { GradientEngine } from './engine.ts'
import { PendingBallots } from './pending-ballots.ts'
import { PlainParameters } from './plain-parameters.ts'
import type { DirectionOrder, VectorPlan, Vectors, VectorsCast } from './vectors.ts'

/** What the method is given, and the mean loss of the batches it is from. */
interface Direction {
  readonly gradient: Float32Array
  readonly loss: number
}

/**
 * Vectors in memory, moved by the methods' plain TypeScript: the reference, and what every
 * backend can use. Gradients come from the engine.
 */
export class PlainVectors implements Vectors {
  readonly #plan: VectorPlan
  readonly #engine: GradientEngine
  /** The method's contributor state: momentum or owed error. */
  readonly #state: unknown
  readonly #pending = new PendingBallots<unknown>()
  readonly #replica: PlainParameters

  constructor(plan: VectorPlan, engine: GradientEngine) {
    this.#plan = plan
    this.#engine = engine
    this.#state = plan.method.contributor.init()
    this.#replica = new PlainParameters(plan.block)
  }

  load(parameters: Float32Array): Promise<void> {
    this.#pending.clear()
    return this.#replica.load(parameters)
  }

  apply(verdict: Verdict, slices: readonly Slice[]): Promise<void> {
    return this.#replica.apply(verdict, slices)
  }

  parameters(): Promise<Float32Array<ArrayBuffer>> {
    return this.#replica.parameters()
  }

  async loudness(order: DirectionOrder, terms: ContributorTerms): Promise<number | null> {
    const { gradient } = await this.#direction(order)
    if (!finite(gradient)) return null
    const value = this.#plan.method.contributor.loudness(gradient, terms)
    return value !== null && Number.isFinite(value) ? value : null
  }

  async cast(
    order: DirectionOrder,
    attempt: number,
    terms: ContributorTerms,
  ): Promise<VectorsCast> {
    const { gradient, loss } = await this.#direction(order)
    if (!finite(gradient)) {
      const detail = `the gradient is not finite, at a batch loss of ${loss}`
      return { kind: 'non-finite', detail }
    }
    const cast = this.#castOf(gradient, terms)
    if (!cast) {
      const detail = `what would be sent is not finite, at a batch loss of ${loss}`
      return { kind: 'non-finite', detail }
    }
    this.#pending.keep(attempt, { pending: cast.pending, terms })
    return { kind: 'cast', sent: cast.sent, loss }
  }

  async settle(attempt: number, settlement: Settlement): Promise<void> {
    const ballot = this.#pending.take(attempt)
    if (!ballot) return
    const { pending, terms } = ballot
    this.#plan.method.contributor.settle(this.#state, pending, settlement, terms)
  }

  close(): void {
    this.#pending.clear()
  }

  /** The gradient that the method takes, or the displacement of H local steps, times the share. */
  async #direction({ share, batch }: DirectionOrder): Promise<Direction> {
    const gradientAt = (point: Float32Array, step: number) => {
      const { inputs, labels } = batch(step)
      return this.#engine.gradient(point, inputs, labels)
    }
    const { gradient, loss } = await localDirection(
      this.#replica.x,
      this.#plan.localSteps,
      gradientAt,
    )
    if (share !== 1)
      for (let i = 0; i < gradient.length; i++) gradient[i] = (gradient[i] ?? 0) * share
    return { gradient, loss }
  }

  /** A ballot as it is, floats as they travel; null where the floats are too large for that. */
  #castOf(gradient: FloatVector, terms: ContributorTerms): Cast<Ballot | Payload> | null {
    const { method, d } = this.#plan
    if (method.kind === 'votes') return method.contributor.cast(this.#state, gradient, terms)
    const { sent, pending } = method.contributor.cast(this.#state, gradient, terms)
    if (!sendable(sent)) return null
    return { sent: { kind: 'payload', bytes: encodeVector(sent, method.form, d) }, pending }
  }
}
