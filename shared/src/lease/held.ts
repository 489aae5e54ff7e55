/** Chunks that a contributor holds at a time: 200,000 records of the usual size. */
export const MAX_HELD_CHUNKS = 400
