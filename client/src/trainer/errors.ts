/** Why a trainer cannot do what was asked; the codes are explained in the docs. */
export type TrainerErrorCode =
  /** No backend works in this browser. */
  | 'NO_BACKEND'
  /** The backend that was asked for cannot train the run's model. */
  | 'BACKEND_CANNOT_TRAIN'
  /** The backend failed too often and is not tried again. */
  | 'BACKEND_LOST'
  /** A call that needs a prepared run or a loaded checkpoint came before it. */
  | 'NOT_PREPARED'
  /** A batch names a chunk that was not added, or holds no record at all. */
  | 'CHUNK_MISSING'
  /** A round was asked for at which the replica does not stand. */
  | 'WRONG_ROUND'
  /** Verdicts between the replica's round and the given one are missing. */
  | 'LEDGER_GAP'
  /** The worker died or broke the protocol between page and worker. */
  | 'WORKER_FAILED'
  /** The worker did not answer in time. */
  | 'WORKER_TIMEOUT'

/** A broken boundary of training, with a stable code. */
export class TrainerError extends Error {
  override readonly name = 'TrainerError'
  readonly code: TrainerErrorCode

  constructor(code: TrainerErrorCode, detail: string, options?: ErrorOptions) {
    super(detail, options)
    this.code = code
  }
}
