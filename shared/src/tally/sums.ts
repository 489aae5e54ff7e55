import type { KernelExports } from '../kernels/kernels.ts'
import { kernels } from '../kernels/kernels.ts'
import { wasmTakesBlock } from './count-planes-wasm.ts'
import type { BitPlane } from './addend.ts'

/** The counts of one slice of `size` coordinates in bit planes. */
export interface Counts {
  readonly size: number
  readonly block: number
  readonly planes: readonly BitPlane[]
  /** What the votes of all would count to, by block; of one entry: the same in all blocks. */
  readonly totals: readonly number[]
}

/** sums[i] = 2·count_i − total. */
export function sumsOfPlanes(counts: Counts): Int32Array {
  const { block, totals } = counts
  const wasm = kernels()
  if (wasm && (totals.length === 1 || wasmTakesBlock(wasm, block))) return sumsInWasm(wasm, counts)
  return totals.length === 1 || block % 32 === 0 ? sumsInWords(counts) : sumsPlain(counts)
}

/** The plain reference of `sumsOfPlanes`, for blocks of any size. */
export function sumsPlain({ size, block, planes, totals }: Counts): Int32Array {
  return Int32Array.from({ length: size }, (_, i) => {
    const count = planes.reduce(
      (sum, plane, k) => sum + ((((plane[i >>> 5] ?? 0) >>> (i & 31)) & 1) << k),
      0,
    )
    return 2 * count - totalAt(totals, i / block)
  })
}

/** `sumsOfPlanes` in plain TypeScript, a word at a time, for blocks of a multiple of 32. */
export function sumsInWords({ size, block, planes, totals }: Counts): Int32Array {
  const sums = new Int32Array(size)
  const word = new Int32Array(planes.length)
  for (let i = 0; i < size; i += 32) {
    for (let k = 0; k < planes.length; k++) word[k] = planes[k]?.[i >>> 5] ?? 0
    spread(word, sums.subarray(i, Math.min(size, i + 32)), totalAt(totals, i / block))
  }
  return sums
}

const totalAt = (totals: readonly number[], block: number): number =>
  (totals.length === 1 ? totals[0] : totals[Math.floor(block)]) ?? 0

/**
 * sums[i] ← 2·count_i − total, the counts being in `planes`. Four coordinates at a time: a
 * multiplication puts the four bits of a nibble at the bottom of four bytes, eight planes deep.
 */
function spread(planes: Int32Array, sums: Int32Array, total: number): void {
  for (let i = 0; i < sums.length; i++) sums[i] = -total
  for (let base = 0; base < planes.length; base += 8) {
    const end = Math.min(planes.length, base + 8)
    for (let i = 0; i < sums.length; i += 4) {
      let bytes = 0
      for (let plane = base; plane < end; plane++) {
        const nibble = ((planes[plane] ?? 0) >>> i) & 15
        bytes |= (Math.imul(nibble, 0x00204081) & 0x01010101) << (plane - base)
      }
      const scale = base + 1
      sums[i] = (sums[i] ?? 0) + ((bytes & 255) << scale)
      if (i + 1 < sums.length) sums[i + 1] = (sums[i + 1] ?? 0) + (((bytes >>> 8) & 255) << scale)
      if (i + 2 < sums.length) sums[i + 2] = (sums[i + 2] ?? 0) + (((bytes >>> 16) & 255) << scale)
      if (i + 3 < sums.length) sums[i + 3] = (sums[i + 3] ?? 0) + ((bytes >>> 24) << scale)
    }
  }
}

/** `sumsOfPlanes` by the kernels of shared/kernels/tally.ts, tile by tile. */
export function sumsInWasm(
  wasm: KernelExports,
  { size, block, planes, totals }: Counts,
): Int32Array {
  const sums = new Int32Array(size)
  const words = new Uint32Array(wasm.memory.buffer)
  const spreadSums = new Int32Array(wasm.memory.buffer)
  const first = wasm.TALLY_SUMS / 4
  const tile = 8 * wasm.TALLY_SPREAD
  for (let start = 0; start < size; start += tile) {
    const end = Math.min(size, start + tile)
    planes.forEach((plane, k) => {
      const to = (wasm.TALLY_COUNTS + k * wasm.TALLY_STRIDE) / 4
      words.set(plane.subarray(start / 32, Math.ceil(end / 32)), to)
    })
    const stride = totals.length === 1 ? tile : block
    for (let from = start; from < end; from += stride) {
      const until = Math.min(end, from + stride)
      const bytes = Math.ceil((until - start) / 16) * 2
      wasm.tallySpread((from - start) / 8, bytes, planes.length, totalAt(totals, from / block))
    }
    sums.set(spreadSums.subarray(first, first + end - start), start)
  }
  return sums
}
