/** What the simulator refuses, with a stable code. */
export type SimulatorErrorCode =
  /** A flag that does not exist, or one without its value. */
  | 'FLAG_UNKNOWN'
  /** A value that its flag does not take; the message says what is allowed. */
  | 'FLAG_INVALID'
  /** Settings that do not go together, such as more contributors than there is data for. */
  | 'SETTINGS_NOT_POSSIBLE'

/** A broken boundary of the simulator: its flags or its settings. */
export class SimulatorError extends Error {
  override readonly name = 'SimulatorError'
  readonly code: SimulatorErrorCode

  constructor(code: SimulatorErrorCode, detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.code = code
  }
}
