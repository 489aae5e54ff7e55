/** The version of all that two programs say to each other, agreed in the first message. */
export const PROTOCOL_VERSION = 3

/**
 * The version of the frame's header and of the payloads that are kept: ledgers hold them, so that it
 * changes only with a reader for what was written before.
 */
export const FRAME_VERSION = 1
