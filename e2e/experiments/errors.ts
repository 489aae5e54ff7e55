/** What the experiments refuse, with a stable code. */
export type ExperimentErrorCode =
  /** A flag that does not exist, or a value that it does not take. */
  | 'FLAG_INVALID'
  /** A kept result that is not one. */
  | 'RESULT_DAMAGED'
  /** A simulation that could not be computed. */
  | 'COMPUTING_FAILED'

/** A broken boundary of the experiments: flags, files, threads. */
export class ExperimentError extends Error {
  override readonly name = 'ExperimentError'
  readonly code: ExperimentErrorCode

  constructor(code: ExperimentErrorCode, detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.code = code
  }
}
