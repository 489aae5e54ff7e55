import type {
  Ballot,
  Cast,
  ContributorTerms,
  FloatVector,
  Method,
  RoundTerms,
  Settlement,
} from '@quorate/shared/methods/method'
import { createMethod } from '@quorate/shared/methods/create'
import { localDirection } from '@quorate/shared/methods/local-steps'
import { learningRateAt } from '@quorate/shared/methods/schedule'
import { finite } from '@quorate/shared/sign/pack'
import { sliceRanges } from '@quorate/shared/tally/slices'
import { encodeVector, sendable } from '@quorate/shared/wire/vector'
import type {
  BackendReport,
  BatchOrder,
  CastOrder,
  CastResult,
  Payload,
  RunInfo,
  Trainer,
} from '../session/ports.ts'
import { ChunkStore } from './chunks.ts'
import type { Drawn } from './chunks.ts'
import type { GradientEngine } from './engine.ts'
import { engineModel } from './engine.ts'
import { TrainerError } from './errors.ts'
import { InOrder } from './in-order.ts'
import { Replica } from './replica.ts'

/** Ballots that may wait for their settlement; an older one is dropped as if never cast. */
const MAX_PENDING = 4

/** What belongs to one run and survives a new checkpoint. */
interface Training {
  readonly run: RunInfo
  readonly contributor: number
  readonly method: Method
  /** The method's contributor state: momentum or owed error. */
  readonly state: unknown
  readonly chunks: ChunkStore
  readonly report: BackendReport
}

/** What the method is given, and the mean loss of the batches it is from. */
interface Direction {
  readonly gradient: Float32Array
  readonly loss: number
}

interface PendingBallot {
  readonly pending: unknown
  readonly terms: RoundTerms
}

/**
 * Replica, method state and batches of one contributor; gradients come from the engine. Runs in
 * the page's worker, and in one process with many others in tests.
 */
export class LocalTrainer implements Trainer {
  readonly #engine: GradientEngine
  readonly #nowMs: () => number
  readonly #inOrder = new InOrder()
  #training: Training | null = null
  #replica: Replica | null = null
  /** By attempt, oldest first. */
  readonly #pending = new Map<number, PendingBallot>()

  /** `nowMs` only measures how long a step takes. */
  constructor(engine: GradientEngine, nowMs: () => number) {
    this.#engine = engine
    this.#nowMs = nowMs
  }

  prepare(run: RunInfo, contributor: number): Promise<BackendReport> {
    return this.#inOrder.run(async () => {
      const before = this.#training
      if (before && before.run.id === run.id && before.run.number === run.number) {
        this.#training = { ...before, run, contributor }
        return before.report
      }
      this.#training = null
      this.#replica = null
      this.#pending.clear()
      const { settings } = run
      const model = engineModel(settings.model, { input: run.input, classes: run.classes })
      const report = await this.#engine.prepare(model, settings.batch)
      const method = createMethod(settings.method, model.layout, settings.block)
      const chunks = new ChunkStore(model.shape)
      this.#training = {
        run,
        contributor,
        method,
        state: method.contributor.init(),
        chunks,
        report,
      }
      return report
    })
  }

  loadCheckpoint(bytes: Uint8Array): Promise<{ round: number; digest: string }> {
    return this.#inOrder.run(() => {
      const { run } = this.#prepared()
      const shape = { run: run.number, d: run.d, block: run.settings.block }
      const replica = new Replica(bytes, shape)
      this.#replica = replica
      this.#pending.clear()
      return { round: replica.round, digest: replica.digest() }
    })
  }

  addChunk(digest: string, bytes: Uint8Array): Promise<void> {
    return this.#inOrder.run(() => this.#prepared().chunks.add(digest, bytes))
  }

  keepChunks(digests: readonly string[]): Promise<void> {
    return this.#inOrder.run(() => this.#prepared().chunks.keep(digests))
  }

  loudness(order: BatchOrder): Promise<number | null> {
    return this.#inOrder.run(async () => {
      const training = this.#prepared()
      const direction = await this.#direction(training, order)
      if (!finite(direction.gradient)) return null
      // There is no round yet: the rate is that of round 0, and the whole vector is one slice.
      const learningRate = learningRateAt(training.run.settings, 0)
      const terms = this.#terms(training, { ...order, attempt: 0, learningRate, slices: 1 })
      const value = training.method.contributor.loudness(direction.gradient, terms)
      return value !== null && Number.isFinite(value) ? value : null
    })
  }

  prefetch(order: BatchOrder): Promise<void> {
    return this.#inOrder.run(() => {
      const training = this.#prepared()
      const batch = training.chunks.prefetch(order.draws, drawnOf(training, order, 0))
      if (batch) this.#engine.upload?.(batch.inputs, batch.labels)
    })
  }

  cast(order: CastOrder): Promise<CastResult> {
    return this.#inOrder.run(async (): Promise<CastResult> => {
      const training = this.#prepared()
      this.#at(order.round)
      const startMs = this.#nowMs()
      let direction: Direction
      try {
        direction = await this.#direction(training, order)
      } catch (error) {
        if (error instanceof TrainerError) throw error
        return { kind: 'abstain', reason: 'failed', detail: String(error) }
      }
      if (!finite(direction.gradient)) {
        const detail = `the gradient is not finite, at a batch loss of ${direction.loss}`
        return { kind: 'abstain', reason: 'non-finite', detail }
      }
      const terms = this.#terms(training, order)
      const cast = castOf(training, direction.gradient, terms)
      if (!cast) {
        const detail = `what would be sent is not finite, at a batch loss of ${direction.loss}`
        return { kind: 'abstain', reason: 'non-finite', detail }
      }
      const { sent, pending } = cast
      this.#remember(order.attempt, { pending, terms })
      return { kind: 'cast', sent, stepMs: this.#nowMs() - startMs, loss: direction.loss }
    })
  }

  settle(attempt: number, settlement: Settlement): Promise<void> {
    return this.#inOrder.run(() => {
      const { method, state } = this.#prepared()
      const ballot = this.#pending.get(attempt)
      this.#pending.delete(attempt)
      if (ballot) method.contributor.settle(state, ballot.pending, settlement, ballot.terms)
    })
  }

  applyVerdict(frame: Uint8Array): Promise<{ round: number }> {
    return this.#inOrder.run(() => {
      const replica = this.#loaded()
      replica.apply(frame)
      return { round: replica.round }
    })
  }

  digest(): Promise<{ round: number; digest: string }> {
    return this.#inOrder.run(() => {
      const replica = this.#loaded()
      return { round: replica.round, digest: replica.digest() }
    })
  }

  parameters(): Promise<Float32Array<ArrayBuffer>> {
    return this.#inOrder.run(() => this.#loaded().x.slice())
  }

  close(): void {
    this.#training = null
    this.#replica = null
    this.#pending.clear()
    this.#engine.dispose()
  }

  /**
   * The gradient that the method takes, or the displacement of H local steps, times the share.
   */
  async #direction(training: Training, order: BatchOrder): Promise<Direction> {
    const { x } = this.#at(order.round)
    const { settings } = training.run
    const { gradient, loss } = await localDirection(x, settings, (point, step) => {
      const drawn = drawnOf(training, order, step)
      const { inputs, labels } = training.chunks.batch(order.draws, drawn)
      return this.#engine.gradient(point, inputs, labels)
    })
    const { share } = order
    if (share !== 1)
      for (let i = 0; i < gradient.length; i++) gradient[i] = (gradient[i] ?? 0) * share
    return { gradient, loss }
  }

  #terms({ run, contributor }: Training, order: CastOrder): ContributorTerms {
    const { settings, d } = run
    return {
      runSeed: settings.seed,
      round: order.round,
      contributor,
      block: settings.block,
      slices: sliceRanges(d, settings.block, order.slices),
      learningRate: order.learningRate,
      units: this.#loaded().units,
    }
  }

  #remember(attempt: number, ballot: PendingBallot): void {
    this.#pending.set(attempt, ballot)
    for (const oldest of this.#pending.keys()) {
      if (this.#pending.size <= MAX_PENDING) break
      this.#pending.delete(oldest)
    }
  }

  #prepared(): Training {
    if (!this.#training) throw new TrainerError('NOT_PREPARED', 'no run has been prepared')
    return this.#training
  }

  #loaded(): Replica {
    if (!this.#replica) throw new TrainerError('NOT_PREPARED', 'no checkpoint has been loaded')
    return this.#replica
  }

  #at(round: number): Replica {
    const replica = this.#loaded()
    if (replica.round !== round) {
      const detail = `round ${round} was asked for, but the replica is at round ${replica.round}`
      throw new TrainerError('WRONG_ROUND', detail)
    }
    return replica
  }
}

/**
 * Local step h of round t draws batch number t·H + h, so that every step has its own and H = 1
 * draws number t.
 */
function drawnOf({ run, contributor }: Training, order: BatchOrder, step: number): Drawn {
  const { seed, localSteps, partition } = run.settings
  const stream = partition.kind === 'shared' ? contributor : 0
  return { seed, draw: order.round * localSteps + step, size: order.batch, stream }
}

/** A ballot as it is, floats as they travel; null where the floats are too large for that. */
function castOf(
  { method, state, run }: Training,
  gradient: FloatVector,
  terms: ContributorTerms,
): Cast<Ballot | Payload> | null {
  if (method.kind === 'votes') return method.contributor.cast(state, gradient, terms)
  const { sent, pending } = method.contributor.cast(state, gradient, terms)
  if (!sendable(sent)) return null
  return { sent: { kind: 'payload', bytes: encodeVector(sent, method.form, run.d) }, pending }
}
