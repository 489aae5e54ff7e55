import type { ContributorTerms, Settlement } from '@quorate/shared/methods/method'
import { detailOf } from '@quorate/shared/failure/detail'
import { createMethod } from '@quorate/shared/methods/create'
import { learningRateAt } from '@quorate/shared/methods/schedule'
import { sliceRanges } from '@quorate/shared/tally/slices'
import type {
  BackendReport,
  BatchOrder,
  CastOrder,
  CastResult,
  RunInfo,
  Trainer,
} from '../session/ports.ts'
import { ChunkStore } from './chunks.ts'
import type { Drawn } from './chunks.ts'
import type { GradientEngine } from './engine.ts'
import { engineModel } from './engine.ts'
import { TrainerError } from './errors.ts'
import { InOrder } from './in-order.ts'
import { PlainVectors } from './plain-vectors.ts'
import { Replica } from './replica.ts'
import type { DirectionOrder, VectorPlan, Vectors, VectorsCast } from './vectors.ts'

/** What belongs to one run and survives a new checkpoint. */
interface Training {
  readonly run: RunInfo
  readonly contributor: number
  /** The parameters and the method's state. */
  readonly vectors: Vectors
  readonly chunks: ChunkStore
  readonly report: BackendReport
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
      this.#forget()
      const { settings } = run
      const model = engineModel(settings.model, { input: run.input, classes: run.classes })
      const report = await this.#engine.prepare(model, settings.batch)
      const plan: VectorPlan = {
        d: run.d,
        block: settings.block,
        method: createMethod(settings.method, model.layout, settings.block),
        methodSettings: settings.method,
        localSteps: settings,
      }
      const placed = await this.#place(plan, report)
      const chunks = new ChunkStore(model.shape)
      this.#training = { run, contributor, chunks, ...placed }
      return placed.report
    })
  }

  loadCheckpoint(bytes: Uint8Array): Promise<{ round: number; digest: string }> {
    return this.#inOrder.run(async () => {
      const { run, vectors } = this.#prepared()
      const shape = { run: run.number, d: run.d, block: run.settings.block }
      const replica = await Replica.load(bytes, shape, vectors)
      this.#replica = replica
      return { round: replica.round, digest: await replica.digest() }
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
      this.#at(order.round)
      // There is no round yet: the rate is that of round 0, and the whole vector is one slice.
      const learningRate = learningRateAt(training.run.settings, 0)
      const terms = this.#terms(training, { ...order, attempt: 0, learningRate, slices: 1 })
      return training.vectors.loudness(directionOrder(training, order), terms)
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
      const terms = this.#terms(training, order)
      let cast: VectorsCast
      try {
        cast = await training.vectors.cast(directionOrder(training, order), order.attempt, terms)
      } catch (error) {
        if (error instanceof TrainerError) throw error
        return { kind: 'abstain', reason: 'failed', detail: String(error) }
      }
      if (cast.kind === 'non-finite') {
        return { kind: 'abstain', reason: 'non-finite', detail: cast.detail }
      }
      const { sent, loss } = cast
      return { kind: 'cast', sent, stepMs: this.#nowMs() - startMs, loss }
    })
  }

  settle(attempt: number, settlement: Settlement): Promise<void> {
    return this.#inOrder.run(() => this.#prepared().vectors.settle(attempt, settlement))
  }

  applyVerdict(frame: Uint8Array): Promise<{ round: number }> {
    return this.#inOrder.run(async () => {
      const replica = this.#loaded()
      await replica.apply(frame)
      return { round: replica.round }
    })
  }

  digest(): Promise<{ round: number; digest: string }> {
    return this.#inOrder.run(async () => {
      const replica = this.#loaded()
      return { round: replica.round, digest: await replica.digest() }
    })
  }

  parameters(): Promise<Float32Array<ArrayBuffer>> {
    return this.#inOrder.run(() => {
      this.#loaded()
      return this.#prepared().vectors.parameters()
    })
  }

  close(): void {
    this.#forget()
    this.#engine.dispose()
  }

  /** On the engine's device where it offers that; it fails in a sentence. */
  async #place(
    plan: VectorPlan,
    report: BackendReport,
  ): Promise<{ vectors: Vectors; report: BackendReport }> {
    const plain = () => new PlainVectors(plan, this.#engine)
    try {
      return { vectors: (await this.#engine.resident?.(plan)) ?? plain(), report }
    } catch (error) {
      const why = `${report.why}; votes are made in memory: ${detailOf(error)}`
      return { vectors: plain(), report: { ...report, why } }
    }
  }

  #forget(): void {
    this.#training?.vectors.close()
    this.#training = null
    this.#replica = null
  }

  #terms({ run, contributor }: Training, order: CastOrder): ContributorTerms {
    const { settings, d } = run
    return {
      runSeed: settings.seed,
      round: order.round,
      contributor,
      share: order.share,
      block: settings.block,
      slices: sliceRanges(d, settings.block, order.slices),
      learningRate: order.learningRate,
      units: this.#loaded().units,
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
/** What a round's direction is computed from. */
function directionOrder(training: Training, order: BatchOrder): DirectionOrder {
  return {
    share: order.share,
    batch: (step) => training.chunks.batch(order.draws, drawnOf(training, order, step)),
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
