/** What the soak refuses or ends with, with a stable code. */
export type SoakErrorCode =
  /** A flag that does not exist, or a value that its flag does not take. */
  | 'FLAG_INVALID'
  /** Something that must hold did not; what has been printed says what and how to see it again. */
  | 'SOAK_FAILED'

/** A soak that could not begin, or that found something. */
export class SoakError extends Error {
  override readonly name = 'SoakError'
  readonly code: SoakErrorCode

  constructor(code: SoakErrorCode, detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.code = code
  }
}
