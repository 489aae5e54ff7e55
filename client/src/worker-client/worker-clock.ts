import type { CancelTimer, Clock } from '@quorate/shared/clock/clock'
import { systemClock } from '@quorate/shared/clock/system-clock'
import type { FromTimer, ToTimer } from '../worker/protocol.ts'

/** setTimeout takes no more. */
const LONGEST_MS = 2 ** 31 - 1

interface Timer {
  readonly dueMs: number
  readonly run: () => void
}

/** A page's clock whose timers run in a worker, and so on time in a hidden page too. */
export class WorkerClock implements Clock {
  readonly #worker: Worker
  readonly #timers = new Map<number, Timer>()
  #nextId = 0
  /** The worker failed: timers are the page's own. */
  #failed = false

  constructor(worker: Worker = newTimerWorker()) {
    this.#worker = worker
    worker.addEventListener('message', ({ data }: MessageEvent<FromTimer>) => this.#fire(data))
    worker.addEventListener('error', () => this.#fallBack())
  }

  nowMs(): number {
    return performance.timeOrigin + performance.now()
  }

  after(delayMs: number, run: () => void): CancelTimer {
    const id = this.#nextId++
    this.#timers.set(id, { dueMs: this.nowMs() + delayMs, run })
    this.#arm(id, delayMs)
    return () => {
      if (this.#timers.delete(id)) this.#tell({ kind: 'cancel', id })
    }
  }

  /** No timer fires any more. */
  close(): void {
    this.#timers.clear()
    this.#worker.terminate()
  }

  #arm(id: number, delayMs: number): void {
    const bounded = Math.min(LONGEST_MS, Math.max(0, delayMs))
    if (this.#failed) systemClock.after(bounded, () => this.#fire(id))
    else this.#tell({ kind: 'after', id, delayMs: bounded })
  }

  #tell(message: ToTimer): void {
    if (!this.#failed) this.#worker.postMessage(message)
  }

  #fire(id: number): void {
    const timer = this.#timers.get(id)
    this.#timers.delete(id)
    timer?.run()
  }

  #fallBack(): void {
    if (this.#failed) return
    this.#failed = true
    for (const [id, { dueMs }] of this.#timers) this.#arm(id, dueMs - this.nowMs())
  }
}

function newTimerWorker(): Worker {
  return new Worker(new URL('../worker/timer-worker.ts', import.meta.url), { type: 'module' })
}
