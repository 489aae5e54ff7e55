/** Bit i of a plane is bit i % 32 of word ⌊i / 32⌋, as in packed signs. */
export type BitPlane = Uint32Array

/** What is added to the counts of one slice: a ballot (one plane) or a tally (several). */
export interface Addend {
  /** Bit k of what is added at coordinate i is bit i of planes[k]. */
  readonly planes: readonly BitPlane[]
  /** Of a ballot: 0..15 for each block, which multiplies it; null = 1. */
  readonly weights: Uint8Array | null
}

/** `words` of 32 coordinates, in blocks of a multiple of 32 if weighted; counts below 2^planes. */
export interface CountShape {
  readonly words: number
  readonly block: number
  readonly planes: number
}

/** Bits in the largest weight. */
export const WEIGHT_BITS = 4

/** Planes that hold 0..greatest: ⌈log₂(greatest + 1)⌉. */
export function planesFor(greatest: number): number {
  return 32 - Math.clz32(greatest)
}
