import type { Clock } from '@quorate/shared/clock/clock'
import { sendsVectors } from '@quorate/shared/methods/settings'
import type { BackendName } from '@quorate/shared/protocol/messages'
import type { BackendReport } from '../session/ports.ts'
import type { BatchGradient, EngineModel, GradientEngine } from '../trainer/engine.ts'
import { TrainerError } from '../trainer/errors.ts'
import type { VectorPlan, Vectors } from '../trainer/vectors.ts'
import { UploadedBatch } from './batch-tensors.ts'
import { Loss } from './loss.ts'
import type { TrainingBackend } from './measure.ts'
import { fastestBackend } from './measure.ts'
import { ResidentVectors } from './resident-vectors.ts'
import { backendLost, contextLost, dropBackend, openBackend } from './tfjs-backends.ts'
import { tfjsGradient } from './tfjs-gradient.ts'

/** A GPU lost more often than this is not asked again. */
const MAX_LOSSES = 3

const LOSS_GRACE_MS = 200

interface Ready {
  readonly model: EngineModel
  readonly backend: TrainingBackend
  readonly loss: Loss
}

export interface TfjsEngineOptions {
  /** The only backend to use, or null: the fastest. */
  readonly forced: BackendName | null
  readonly clock: Clock
}

/** Gradients by tfjs, on the backend that measured fastest for the model. */
export class TfjsEngine implements GradientEngine {
  readonly #options: TfjsEngineOptions
  #ready: Ready | null = null
  /** The backend must be opened again before the next step. */
  #broken = false
  #losses = 0
  #lastLoss = ''
  #uploaded: UploadedBatch | null = null

  constructor(options: TfjsEngineOptions) {
    this.#options = options
  }

  async prepare(model: EngineModel, batch: number): Promise<BackendReport> {
    this.dispose()
    const { forced, clock } = this.#options
    if (forced === 'none') {
      throw new TrainerError('BACKEND_CANNOT_TRAIN', 'no backend was asked for')
    }
    const bench = {
      open: openBackend,
      step: async (records: number) => {
        await tfjsGradient(model, new Float32Array(model.layout.size), blank(model, records))
      },
      drop: dropBackend,
    }
    const nowMs = () => performance.now()
    const report = await fastestBackend(bench, { clock, nowMs, batch, forced })
    this.#ready = { model, backend: report.backend, loss: lossOf(report.backend) }
    return report
  }

  gradient(x: Float32Array, inputs: Float32Array, labels: Uint8Array): Promise<BatchGradient> {
    return this.#guarded((model) => tfjsGradient(model, x, { inputs, labels }))
  }

  async resident(plan: VectorPlan): Promise<Vectors | null> {
    const ready = this.#ready
    if (ready?.backend !== 'webgpu' || sendsVectors(plan.methodSettings)) return null
    return ResidentVectors.open(plan, ready.model, (step) => this.#guarded(step))
  }

  /**
   * Does a step on the backend, which is opened again if it was lost. Rejects as the step does,
   * or with the loss of the GPU that made it fail or never end.
   */
  async #guarded<T>(step: (model: EngineModel) => Promise<T>): Promise<T> {
    if (this.#losses > MAX_LOSSES) throw this.#gone()
    if (this.#broken) await this.#reopen()
    const ready = this.#ready
    if (!ready) throw new TrainerError('NOT_PREPARED', 'no model has been prepared')
    const outcome = await this.#outcome(ready, step)
    if (contextLost(ready.backend)) throw this.#lose('WebGL context lost')
    return outcome
  }

  async #outcome<T>({ model, loss }: Ready, step: (model: EngineModel) => Promise<T>): Promise<T> {
    const running = step(model).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    )
    const first = await loss.first(running)
    if (typeof first === 'string') throw this.#lose(first)
    if ('value' in first) return first.value
    // A step that fails as the GPU is lost may do so a moment before that is known.
    const grace = new Promise<null>((resolve) => {
      this.#options.clock.after(LOSS_GRACE_MS, () => resolve(null))
    })
    const reason = await loss.first(grace)
    throw reason === null ? first.error : this.#lose(reason)
  }

  upload(inputs: Float32Array, labels: Uint8Array): void {
    if (!this.#ready || this.#broken) return
    this.#uploaded?.close(true)
    this.#uploaded = new UploadedBatch(this.#ready.model, { inputs, labels })
  }

  dispose(): void {
    this.#forgetUpload(!this.#broken)
    if (this.#ready) dropBackend(this.#ready.backend)
    this.#ready = null
    this.#broken = false
  }

  /** `alive`: the backend still works. */
  #forgetUpload(alive: boolean): void {
    this.#uploaded?.close(alive)
    this.#uploaded = null
  }

  #lose(detail: string): Error {
    this.#forgetUpload(false)
    this.#losses += 1
    this.#broken = true
    this.#lastLoss = detail
    return this.#losses > MAX_LOSSES ? this.#gone() : new Error(detail)
  }

  #gone(): TrainerError {
    return new TrainerError('BACKEND_LOST', `${this.#lastLoss}; it happened ${this.#losses} times`)
  }

  async #reopen(): Promise<void> {
    const ready = this.#ready
    if (!ready) return
    const { model, backend } = ready
    dropBackend(backend)
    const forced = this.#options.forced !== null
    const obstacle = await openBackend(backend, forced).catch(String)
    if (obstacle !== null) throw this.#lose(obstacle)
    this.#ready = { model, backend, loss: lossOf(backend) }
    this.#broken = false
  }
}

function lossOf(backend: TrainingBackend): Loss {
  return new Loss(backendLost(backend))
}

/** Records of nothing, to measure with. */
function blank(model: EngineModel, records: number) {
  const recordSize = model.shape.input.reduce((size, extent) => size * extent, 1)
  const inputs = new Float32Array(records * recordSize).fill(0.5)
  return { inputs, labels: new Uint8Array(records) }
}
