import type { Settlement } from '@quorate/shared/methods/method'
import type { CancelTimer, Clock } from '@quorate/shared/clock/clock'
import type { BackendName } from '@quorate/shared/protocol/messages'
import type {
  BackendReport,
  BatchOrder,
  CastOrder,
  CastResult,
  RunInfo,
  Trainer,
} from '../session/ports.ts'
import { TrainerError } from '../trainer/errors.ts'
import type { FromWorker, ToWorker, TrainerCall, TrainerResult } from '../worker/protocol.ts'

/** Calls wait for each other in the worker, so that one deadline must hold for a few slow steps. */
const CALL_DEADLINE_MS = 180_000
/** Calls that may be under way. */
const MAX_CALLS = 1024

export interface TrainerClientOptions {
  readonly clock: Clock
  /** The one backend to use (`?backend=`), or null: the fastest. */
  readonly forced: BackendName | null
  /** A worker that runs worker/train-worker.ts. */
  readonly worker?: Worker
}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  readonly cancelDeadline: CancelTimer
}

/** An error of the worker's, with the code it had there. */
class RemoteError extends Error {
  override readonly name = 'RemoteError'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/**
 * The trainer in the page's worker. Bytes given to it stay the caller's. Once the worker has died
 * or does not answer any more, every call rejects with code WORKER_FAILED: make a new one.
 */
export class TrainerClient implements Trainer {
  readonly #worker: Worker
  readonly #clock: Clock
  readonly #waiting = new Map<number, Waiting>()
  #nextId = 0
  #failure: TrainerError | null = null

  constructor({ clock, forced, worker = newTrainWorker() }: TrainerClientOptions) {
    this.#worker = worker
    this.#clock = clock
    worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => this.#answered(data))
    worker.addEventListener('error', ({ message }) => {
      this.#fail(`the training worker failed: ${message || 'its script could not be loaded'}`)
    })
    worker.addEventListener('messageerror', () => this.#fail('an answer could not be read'))
    this.#post({ kind: 'start', forced })
  }

  prepare(run: RunInfo, contributor: number): Promise<BackendReport> {
    return this.#call({ method: 'prepare', args: [run, contributor] })
  }

  loadCheckpoint(bytes: Uint8Array): Promise<{ round: number; digest: string }> {
    return this.#call({ method: 'loadCheckpoint', args: [bytes.slice()] })
  }

  addChunk(digest: string, bytes: Uint8Array): Promise<void> {
    return this.#call({ method: 'addChunk', args: [digest, bytes.slice()] })
  }

  keepChunks(digests: readonly string[]): Promise<void> {
    return this.#call({ method: 'keepChunks', args: [digests] })
  }

  loudness(order: BatchOrder): Promise<number | null> {
    return this.#call({ method: 'loudness', args: [order] })
  }

  prefetch(order: BatchOrder): Promise<void> {
    return this.#call({ method: 'prefetch', args: [order] })
  }

  cast(order: CastOrder): Promise<CastResult> {
    return this.#call({ method: 'cast', args: [order] })
  }

  settle(attempt: number, settlement: Settlement): Promise<void> {
    return this.#call({ method: 'settle', args: [attempt, settlement] })
  }

  applyVerdict(frame: Uint8Array): Promise<{ round: number }> {
    return this.#call({ method: 'applyVerdict', args: [frame.slice()] })
  }

  digest(): Promise<{ round: number; digest: string }> {
    return this.#call({ method: 'digest', args: [] })
  }

  parameters(): Promise<Float32Array<ArrayBuffer>> {
    return this.#call({ method: 'parameters', args: [] })
  }

  close(): void {
    this.#fail('the trainer was closed')
  }

  #call<C extends TrainerCall>(call: C): Promise<TrainerResult<C['method']>> {
    if (this.#failure) return Promise.reject(this.#failure)
    if (this.#waiting.size >= MAX_CALLS) {
      return Promise.reject(new TrainerError('WORKER_FAILED', 'too many calls are under way'))
    }
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      const cancelDeadline = this.#clock.after(CALL_DEADLINE_MS, () => {
        this.#fail(`${call.method} was not answered within ${CALL_DEADLINE_MS / 1000} s`)
      })
      // The worker answers a call with the result of that very method.
      const answer = resolve as (value: unknown) => void
      this.#waiting.set(id, { resolve: answer, reject, cancelDeadline })
      this.#post({ kind: 'call', id, call })
    })
  }

  /** Bytes among the arguments are copies of ours, and go without being copied again. */
  #post(message: ToWorker): void {
    const args = message.kind === 'call' ? message.call.args : []
    const transfer = args.flatMap((arg) => (arg instanceof Uint8Array ? [arg.buffer] : []))
    this.#worker.postMessage(message, { transfer })
  }

  #answered(message: FromWorker): void {
    const waiting = this.#waiting.get(message.id)
    if (!waiting) return
    this.#waiting.delete(message.id)
    waiting.cancelDeadline()
    if (message.kind === 'result') waiting.resolve(message.value)
    else waiting.reject(new RemoteError(message.code, message.message))
  }

  #fail(detail: string): void {
    if (this.#failure) return
    this.#failure = new TrainerError('WORKER_FAILED', detail)
    this.#worker.terminate()
    for (const { reject, cancelDeadline } of this.#waiting.values()) {
      cancelDeadline()
      reject(this.#failure)
    }
    this.#waiting.clear()
  }
}

function newTrainWorker(): Worker {
  return new Worker(new URL('../worker/train-worker.ts', import.meta.url), { type: 'module' })
}
