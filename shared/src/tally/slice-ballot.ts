import type { SignWords } from '../methods/method.ts'

/** One contributor's vote in one slice: bit 0 of word 0 is the slice's first coordinate. */
export interface SliceBallot {
  readonly contributor: number
  readonly signs: SignWords
  /** One weight 0..15 for each of the slice's blocks; null = all 1. */
  readonly weights: Uint8Array | null
}
