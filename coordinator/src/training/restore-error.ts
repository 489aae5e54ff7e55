/** The disk contradicts itself: a run that cannot be brought back to where it was. */
export class RestoreError extends Error {
  readonly code: 'CHECKPOINT_MISSING' | 'CHECKPOINT_DAMAGED' | 'LEDGER_DISAGREES'
  constructor(code: RestoreError['code'], detail: string, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause })
    this.code = code
  }
}
