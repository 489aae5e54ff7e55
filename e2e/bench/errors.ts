/** What the benchmark refuses, with a stable code. */
export type BenchErrorCode =
  /** A flag that does not exist, or a value that it does not take. */
  | 'FLAG_INVALID'
  /** A fast path that does not agree with its reference: it is not timed. */
  | 'WRONG_RESULT'
  /** What was waited for did not come. */
  | 'NOT_REACHED'
  /** Contributors of the benchmark and the coordinator do not understand each other. */
  | 'CROWD_FAILED'

/** A broken boundary of the benchmark. */
export class BenchError extends Error {
  override readonly name = 'BenchError'
  readonly code: BenchErrorCode

  constructor(code: BenchErrorCode, detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.code = code
  }
}
