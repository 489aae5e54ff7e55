/** A broken boundary (disk, data, settings, request): an error with a stable code from `ERRORS`. */
export class CodedError extends Error {
  readonly code: ErrorCode
  constructor(code: ErrorCode, detail: string, cause?: unknown) {
    super(detail, cause === undefined ? undefined : { cause })
    this.name = 'CodedError'
    this.code = code
  }
}

interface ErrorKind {
  /** HTTP status where the error answers a request. */
  readonly status: number
  readonly title: string
}

/**
 * Every coded error of the coordinator, once. docs/errors.md explains each, a test keeps the two
 * together.
 */
export const ERRORS = {
  // requests
  BAD_REQUEST: { status: 400, title: 'The request does not have the expected form' },
  NOT_FOUND: { status: 404, title: 'There is nothing at this address' },
  METHOD_NOT_ALLOWED: { status: 405, title: 'This address does not take this method' },
  TOO_LARGE: { status: 413, title: 'The request is too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, title: 'The request body must be JSON' },
  TOO_MANY_REQUESTS: { status: 429, title: 'Too many requests from this address' },
  INTERNAL: { status: 500, title: 'Something went wrong on this server' },
  SHUTTING_DOWN: { status: 503, title: 'This server is stopping' },
  // the operator
  SIGN_IN_NEEDED: { status: 401, title: 'Only the signed-in operator may do this' },
  SIGN_IN_REFUSED: { status: 401, title: 'This link or password does not sign in' },
  TOO_MANY_ATTEMPTS: { status: 429, title: 'Too many attempts to sign in' },
  FOREIGN_ORIGIN: { status: 403, title: 'This request came from another site' },
  // training
  RUN_NOT_FOUND: { status: 404, title: 'There is no such run' },
  RUN_BUSY: { status: 409, title: 'The run is in use' },
  RUN_DAMAGED: { status: 500, title: 'The run cannot be opened' },
  RUN_STATE: { status: 409, title: 'The run is not in a state for this' },
  RUN_SETTINGS: { status: 422, title: 'The settings of the run do not pass' },
  DATA_SET_NOT_FOUND: { status: 422, title: 'There is no such data set' },
  MODEL_NOT_POSSIBLE: { status: 422, title: 'The model is too large or does not fit its data' },
  PARTITION_NOT_POSSIBLE: { status: 422, title: 'The data cannot be cut into these shards' },
  CONTRIBUTOR_NOT_FOUND: { status: 404, title: 'There is no such contributor in this run' },
  TOO_MANY_RUNS: { status: 409, title: 'This server holds as many runs as it may' },
  // evaluation
  EVALUATION_FAILED: { status: 500, title: 'The model could not be evaluated' },
  // data sets
  IDX_MAGIC: { status: 500, title: 'A data file is not an IDX file' },
  IDX_DIMENSIONS: { status: 500, title: 'An IDX file has unexpected dimensions' },
  IDX_SIZE: { status: 500, title: 'An IDX file is shorter or longer than it says' },
  IDX_TOO_LARGE: { status: 500, title: 'An IDX file is larger than this server reads' },
  IDX_TYPE: { status: 500, title: 'An IDX file has elements of an unexpected type' },
  IDX_UNREADABLE: { status: 500, title: 'A data file cannot be read' },
  DATA_SET_INVALID: { status: 500, title: 'The files of a data set do not belong together' },
  // storage
  BLOB_NOT_FOUND: { status: 404, title: 'There is no such file' },
  BLOB_DAMAGED: { status: 500, title: 'A stored file does not have its digest any more' },
  BLOB_TOO_LARGE: { status: 413, title: 'The file is larger than this server stores' },
  BLOB_WRITE_FAILED: { status: 507, title: 'A file could not be written' },
  LEDGER_DAMAGED: { status: 500, title: 'A ledger is damaged' },
  LEDGER_WRITE_FAILED: { status: 507, title: 'The ledger could not be written' },
  LEDGER_GONE: { status: 410, title: 'These rounds are not kept any more' },
  LEDGER_COVERED: { status: 500, title: 'The records of these rounds are gone' },
  LEDGER_DISAGREES: { status: 500, title: 'The ledger does not decide to what it says' },
  CHECKPOINT_MISSING: { status: 500, title: 'A run has no checkpoint' },
  CHECKPOINT_DAMAGED: { status: 500, title: 'No checkpoint leads to where the run was' },
  DISK_FULL: { status: 507, title: 'The disk of the server is full' },
  DISK_LIMIT: { status: 507, title: 'The data directory has reached its limit' },
  LEDGER_BUSY: { status: 500, title: 'The ledger is open already' },
  DATABASE_NEWER: { status: 500, title: 'The database was written by a newer version' },
  // backup
  BACKUP_TARGET: { status: 500, title: 'The folder for the copy is not empty, or not usable' },
  BACKUP_SOURCE: { status: 500, title: 'There is no data directory to back up' },
  BACKUP_FAILED: { status: 500, title: 'The backup could not be written' },
  BACKUP_INCOMPLETE: { status: 500, title: 'Something in the data directory is damaged' },
  BACKUP_INVALID: { status: 500, title: 'This is no backup, or it is damaged' },
  RESTORE_FAILED: { status: 500, title: 'The backup could not be brought back' },
  // start
  CONFIG_INVALID: { status: 500, title: 'A flag or environment variable does not pass' },
  DATA_LOCKED: { status: 500, title: 'The data directory is in use by another process' },
  DATA_UNWRITABLE: { status: 500, title: 'The data directory cannot be written' },
  PORT_IN_USE: { status: 500, title: 'The port is in use' },
  LISTEN_FAILED: { status: 500, title: 'The server cannot listen at this address' },
  CHROMIUM_NOT_FOUND: { status: 500, title: 'There is no Chromium for the volunteers' },
} as const satisfies Record<string, ErrorKind>

export type ErrorCode = keyof typeof ERRORS
