import { blockCount } from '@quorate/shared/tally/slices'
import type { SliceBallot } from '@quorate/shared/tally/slice-ballot'

/** `voters` ballots of d votes at random; with a block size also weights 0..15. */
export function someBallots(voters: number, d: number, block: number | null): SliceBallot[] {
  let state = 0x2545f491
  const next = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state
  }
  const padding = d % 32 === 0 ? -1 : 2 ** (d % 32) - 1
  return Array.from({ length: voters }, (_, contributor) => {
    const signs = new Uint32Array(Math.ceil(d / 32))
    for (let word = 0; word < signs.length; word++) signs[word] = next()
    signs[signs.length - 1] = (signs.at(-1) ?? 0) & padding
    const weights =
      block === null ? null : Uint8Array.from({ length: blockCount(d, block) }, () => next() & 15)
    return { contributor, signs, weights }
  })
}

/** The votes of each ballot as floats ±1. */
export function asFloats(ballots: readonly SliceBallot[], d: number): Float32Array[] {
  return ballots.map(({ signs }) => {
    const floats = new Float32Array(d)
    for (let i = 0; i < d; i++) {
      floats[i] = 2 * (((signs[i >>> 5] as number) >>> (i & 31)) & 1) - 1
    }
    return floats
  })
}
