import { Worker } from 'node:worker_threads'
import type { Clock } from '@quorate/shared/clock/clock'
import type { DataSets } from '../data/data-set.ts'
import { CodedError } from '../errors.ts'
import type { Evaluator } from '../training/ports.ts'
import type { Evaluation } from './evaluate.ts'
import type { EvaluationAnswer, EvaluationRequest } from './messages.ts'

type Request = Parameters<Evaluator['evaluate']>[0]

interface Waiting {
  readonly request: Request
  readonly resolve: (evaluation: Evaluation | null) => void
  readonly reject: (error: Error) => void
}

/** The thread, and the data sets that it has. */
interface Thread {
  readonly worker: Worker
  readonly dataSets: Set<string>
}

/** The largest built-in model takes about a minute. */
const DEADLINE_MS = 5 * 60_000

/**
 * Evaluates in a worker thread, one model at a time; a newer request replaces the one that waits,
 * which gets null. A thread that dies fails its request with EVALUATION_FAILED and is replaced.
 */
export class ThreadEvaluator implements Evaluator {
  readonly #parts: { workerPath: string; dataSets: DataSets; clock: Clock }
  #thread: Thread | null = null
  #state: 'idle' | 'busy' | 'closed' = 'idle'
  #waiting: Waiting | null = null

  constructor(parts: { workerPath: string; dataSets: DataSets; clock: Clock }) {
    this.#parts = parts
  }

  evaluate(request: Request): Promise<Evaluation | null> {
    // A copy: the replica moves on while this waits.
    const copy = { ...request, parameters: request.parameters.slice() }
    return new Promise((resolve, reject) => {
      if (this.#state === 'closed') return resolve(null)
      this.#waiting?.resolve(null)
      this.#waiting = { request: copy, resolve, reject }
      if (this.#state === 'idle') void this.#work()
    })
  }

  async close(): Promise<void> {
    this.#state = 'closed'
    this.#waiting?.resolve(null)
    this.#waiting = null
    await this.#drop()
  }

  async #work(): Promise<void> {
    this.#state = 'busy'
    for (let next = this.#take(); next; next = this.#take()) {
      const { request, resolve, reject } = next
      try {
        resolve(await this.#run(request))
      } catch (error) {
        if (this.#isClosed()) resolve(null)
        else reject(failed(error))
      }
    }
    if (!this.#isClosed()) this.#state = 'idle'
  }

  #take(): Waiting | null {
    const next = this.#waiting
    this.#waiting = null
    return next
  }

  async #run(request: Request): Promise<Evaluation> {
    const { dataSet, model: spec, parameters } = request
    const data = await this.#parts.dataSets.open(dataSet)
    if (this.#isClosed()) throw new Error('the evaluator is closed')
    this.#thread ??= { worker: new Worker(this.#parts.workerPath), dataSets: new Set() }
    const { worker, dataSets } = this.#thread
    const post = (message: EvaluationRequest) => worker.postMessage(message)
    if (!dataSets.has(dataSet)) {
      post({ kind: 'data', dataSet, shape: data.shape, test: data.test })
      dataSets.add(dataSet)
    }
    const answered = this.#answerOf(worker)
    post({ kind: 'evaluate', dataSet, spec, parameters })
    const answer = await answered
    if (answer.kind === 'failed') throw new Error(answer.message)
    const { accuracy, loss } = answer
    if (!Number.isFinite(loss)) throw new Error('the model gives no finite numbers')
    return { accuracy, loss }
  }

  /** Rejects, and gives the thread up, when that dies or is silent until the deadline. */
  #answerOf(worker: Worker): Promise<EvaluationAnswer> {
    return new Promise((resolve, reject) => {
      const giveUp = (why: Error) => {
        cancel()
        void this.#drop()
        reject(why)
      }
      const onExit = (code: number) => giveUp(new Error(`the thread ended with code ${code}`))
      const cancel = this.#parts.clock.after(DEADLINE_MS, () =>
        giveUp(new Error(`no answer within ${DEADLINE_MS} ms`)),
      )
      worker.once('error', giveUp)
      worker.once('exit', onExit)
      worker.once('message', (answer: EvaluationAnswer) => {
        cancel()
        worker.off('error', giveUp)
        worker.off('exit', onExit)
        resolve(answer)
      })
    })
  }

  async #drop(): Promise<void> {
    const thread = this.#thread
    this.#thread = null
    await thread?.worker.terminate()
  }

  #isClosed(): boolean {
    return this.#state === 'closed'
  }
}

function failed(error: unknown): Error {
  if (error instanceof CodedError) return error
  const why = error instanceof Error ? error.message : String(error)
  return new CodedError('EVALUATION_FAILED', why, error)
}
