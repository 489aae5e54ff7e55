import type { KernelExports } from '../kernels/kernels.ts'
import { kernels } from '../kernels/kernels.ts'
import type { SignWords } from '../methods/method.ts'
import type { ZeroRule } from '../sign/pack.ts'
import { packSignsInto, signWordCount, zeroWords } from '../sign/pack.ts'
import { wasmTakesBlock } from './count-planes-wasm.ts'
import type { SliceTally } from './tally.ts'
import { blockTotals } from './tally.ts'

/**
 * Writes the signs of a tally's sums to `words`, the signs of the whole vector, as `packSignsInto`
 * does, from its bit planes where the kernels can. Bits written must be 0.
 */
export function packTallySigns(words: SignWords, tally: SliceTally, zero: ZeroRule): void {
  const wasm = kernels()
  const { slice, weights, block } = tally
  const takes = wasm && slice.start % 32 === 0 && (!weights || wasmTakesBlock(wasm, block))
  if (takes) packInWasm(wasm, words, { tally, zero })
  else packSignsInto(words, slice.start, { values: tally.sums, zero })
}

/** `packTallySigns` by the kernels of shared/kernels/tally.ts, tile by tile. */
function packInWasm(
  wasm: KernelExports,
  words: SignWords,
  { tally, zero }: { readonly tally: SliceTally; readonly zero: ZeroRule },
): void {
  const { slice, planes, weights, block } = tally
  const size = slice.end - slice.start
  const totals = weights ? blockTotals(tally) : null
  const zeroBits = zeroWords(zero)
  const memory = new Uint32Array(wasm.memory.buffer)
  const [positive, tied] = [wasm.TALLY_POSITIVE / 4, wasm.TALLY_TIED / 4]
  const tile = 8 * wasm.TALLY_TILE
  for (let start = 0; start < size; start += tile) {
    const end = Math.min(size, start + tile)
    planes.forEach((plane, k) => {
      const to = (wasm.TALLY_COUNTS + k * wasm.TALLY_STRIDE) / 4
      memory.set(plane.subarray(start / 32, signWordCount(end)), to)
    })
    const stride = totals ? block : tile
    for (let from = start; from < end; from += stride) {
      const [first, last] = [from - start, Math.min(end, from + stride) - start]
      const total = totals ? (totals[from / block] ?? 0) : tally.voters.length
      wasm.tallyCompare(first / 8, Math.ceil(last / 64) * 8, planes.length, total)
    }
    const to = (slice.start + start) / 32
    for (let word = 0; word < signWordCount(end - start); word++) {
      // Beyond the slice's end counts are 0, as votes against are.
      const inSlice = lowBits(end - start - 32 * word)
      const zeros = (memory[tied + word] as number) & inSlice
      const plus =
        (memory[positive + word] as number) | (zeros && zeros & zeroBits(to + word, zeros))
      words[to + word] = (words[to + word] as number) | plus
    }
  }
}

/** The lowest `count` bits; all 32 from there on. */
function lowBits(count: number): number {
  return count >= 32 ? -1 : 2 ** count - 1
}
