import { detailOf } from '@quorate/shared/failure/detail'
import type { FeedMessage } from '@quorate/shared/api/api'
import type { EventLog } from './event-log.ts'
import type { Evaluator, StoredRun } from './ports.ts'
import type { RoundBook } from './round-book.ts'
import type { RunModel } from './run-model.ts'

/** A mean cross-entropy beyond this is of a model that is lost. */
const LOST_LOSS = 1e6

interface EvaluatedParts {
  readonly stored: StoredRun
  readonly model: RunModel
  readonly book: RoundBook
  readonly events: EventLog
  readonly evaluator: Evaluator
  readonly emit: (message: FeedMessage) => void
}

/** How good a run's model is; follows behind the rounds, and nothing waits for it. */
export class Evaluations {
  readonly #parts: EvaluatedParts
  /** The accuracy that the run was made to reach has been reached. */
  readonly #reached: () => void
  #closed = false

  constructor(parts: EvaluatedParts, reached: () => void) {
    this.#parts = parts
    this.#reached = reached
  }

  /** Scores the model as it is now, for everybody to see. */
  evaluate(): void {
    const { model, stored, book, emit, events } = this.#parts
    const { round } = model
    const { targetAccuracy } = stored.settings
    this.#score()
      .then((value) => {
        if (!value || this.#closed) return
        book.evaluated(round, value)
        emit({ type: 'evaluation', run: stored.id, round, ...value })
        if (targetAccuracy !== null && value.accuracy >= targetAccuracy) this.#reached()
      })
      .catch((error: unknown) => events.add('error', 'evaluation-failed', detailOf(error), round))
  }

  /** Calls `lost` where the model is lost: contributors may say anything of their gradients. */
  checkDiverged(lost: () => void): void {
    const { model, events } = this.#parts
    this.#score().then(
      (value) => {
        // A loss that is not a number is not below either.
        if (!value || value.loss <= LOST_LOSS || this.#closed) return
        lost()
      },
      (error: unknown) => events.add('error', 'evaluation-failed', detailOf(error), model.round),
    )
  }

  /** What is still being scored is told to nobody. */
  close(): void {
    this.#closed = true
  }

  #score() {
    const { evaluator, stored, model } = this.#parts
    const { dataSet, model: spec } = stored.settings
    return evaluator.evaluate({ dataSet, model: spec, parameters: model.parameters.slice() })
  }
}
