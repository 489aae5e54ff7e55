import { Worker } from 'node:worker_threads'
import { ExperimentError } from './errors.ts'
import type { Job } from './job.ts'
import { jobId } from './job.ts'
import type { ComputeAnswer, ComputeRequest } from './messages.ts'
import type { Computer } from './pool.ts'
import type { StoredResult } from './results.ts'

/** A worker thread that computes one job after the other. */
export class ComputingThread implements Computer {
  readonly #worker: Worker

  constructor(workerPath: string) {
    this.#worker = new Worker(workerPath)
  }

  /** Rejects with COMPUTING_FAILED. */
  compute(job: Job, onDone: (share: number) => void): Promise<StoredResult> {
    const worker = this.#worker
    return new Promise((resolve, reject) => {
      const fail = (message: string, cause?: unknown) => {
        done()
        const detail = `${jobId(job)}: ${message}\n${JSON.stringify(job)}`
        reject(new ExperimentError('COMPUTING_FAILED', detail, { cause }))
      }
      const hear = (answer: ComputeAnswer) => {
        switch (answer.kind) {
          case 'progress':
            return onDone(answer.share)
          case 'failed':
            return fail(answer.message)
          case 'done':
            done()
            return resolve(answer.result)
        }
      }
      const broken = (error: Error) => fail(error.message, error)
      const exited = (code: number) => fail(`the thread ended with code ${code}`)
      const done = () => {
        worker.off('message', hear).off('error', broken).off('exit', exited)
      }
      worker.on('message', hear).on('error', broken).on('exit', exited)
      worker.postMessage({ job } satisfies ComputeRequest)
    })
  }

  async close(): Promise<void> {
    await this.#worker.terminate()
  }
}
