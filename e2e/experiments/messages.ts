import type { Job } from './job.ts'
import type { StoredResult } from './results.ts'

/** What the main thread asks of a worker, one at a time. */
export interface ComputeRequest {
  readonly job: Job
}

/** What a worker answers: now and then how far it is, then the result or why there is none. */
export type ComputeAnswer =
  | { readonly kind: 'progress'; readonly share: number }
  | { readonly kind: 'done'; readonly result: StoredResult }
  | { readonly kind: 'failed'; readonly message: string }
