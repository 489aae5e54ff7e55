/** A contiguous range of whole blocks of the flat parameter vector. */
export interface Slice {
  readonly index: number
  /** First coordinate, a multiple of the block size. */
  readonly start: number
  /** One past the last coordinate: a multiple of the block size, or d. */
  readonly end: number
}

/** The vector is cut into so many slices at most: as many as a group may have members. */
export const MAX_SLICES = 32

export function blockCount(d: number, block: number): number {
  return Math.ceil(d / block)
}

/**
 * Cuts d parameters at block borders into `count` slices whose block counts differ by at most
 * one, the longer first. With fewer blocks than slices there are only as many slices as blocks.
 */
export function sliceRanges(d: number, block: number, count: number): readonly Slice[] {
  const blocks = blockCount(d, block)
  const slices = Math.max(1, Math.min(count, blocks))
  const short = Math.floor(blocks / slices)
  const longer = blocks - short * slices
  let next = 0
  return Array.from({ length: slices }, (_, index) => {
    const start = next
    next += short + (index < longer ? 1 : 0)
    return { index, start: start * block, end: Math.min(d, next * block) }
  })
}
