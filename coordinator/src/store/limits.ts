/** Events of a run that are kept; older ones go. */
export const EVENTS_KEPT = 10_000

/** Largest blob: a checkpoint of 2²⁴ float32 with its header, and as much method state. */
export const MAX_BLOB_BYTES = 256 * 1024 * 1024

/** `Ledger.frames` gives at most this many bytes of whole frames (but always one frame). */
export const LEDGER_READ_BYTES = 64 * 1024 * 1024
