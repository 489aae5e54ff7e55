/** Time as a thing that is passed in, so that whole runs replay on a virtual clock. */
export interface Clock {
  /** Milliseconds since an arbitrary but fixed origin (the Unix epoch outside tests). */
  nowMs(): number
  /**
   * Calls `run` once, `delayMs` from now (at least 0), unless the returned function was called
   * before. Never calls synchronously.
   */
  after(delayMs: number, run: () => void): CancelTimer
}

export type CancelTimer = () => void
