import type { Tile } from '../kernels/tile.ts'
import { tile, tilesOf } from '../kernels/tile.ts'
import type { ZeroRule } from '../sign/pack.ts'
import { packSigns, signWordCount } from '../sign/pack.ts'
import { copySigns, settleZeros, wordsOf } from '../sign/tile-signs.ts'
import { blockCount } from '../tally/slices.ts'
import type { FloatVector, SignWords } from './method.ts'
import type { VectorShape } from './shape.ts'
import { blocksOf, meanSize, roomIn, wholeSlice } from './shape.ts'

/** a·x + b·y; both vectors are [d]. */
export interface Combination {
  readonly a: number
  readonly x: FloatVector
  readonly b: number
  readonly y: FloatVector
}

/** A combination and what is sent of it. */
export interface SignedCombination {
  /** [d] */
  readonly sum: FloatVector
  readonly signs: SignWords
  /** Mean |sum| of every block, added in the order of coordinates; empty where not asked for. */
  readonly sizes: Float64Array
}

/** What is wanted beside the signs. */
interface Wanted {
  readonly zero: ZeroRule
  readonly sizes: boolean
}

/**
 * a·x + b·y into `sum` [d], which may be x or y; the arithmetic is float64, rounded once on
 * storing.
 */
export function combine(parts: Combination, sum: FloatVector): FloatVector {
  const scratch = tileFor(parts, sum)
  if (scratch === null) return combinePlain(parts, sum)
  for (const { start, end } of tilesOf(scratch, 0, sum.length)) {
    combineTile(scratch, parts, { start, end })
    sum.set(scratch.x.subarray(0, end - start), start)
  }
  return sum
}

/**
 * The same with its signs and the sizes of its blocks, in one pass. The sum takes the place of y
 * where y has the shape's precision, so that the largest vector of a round is not a new one.
 */
export function combineAndSign(
  parts: Combination,
  wanted: Wanted,
  shape: VectorShape,
): SignedCombination {
  const sum = roomIn(parts.y, shape)
  const scratch = tileFor(parts, sum)
  if (scratch === null || typeof wanted.zero === 'function') {
    combinePlain(parts, sum)
    const sizes = wanted.sizes ? blockSizes(sum, shape) : new Float64Array(0)
    return { sum, signs: packSigns(sum, wanted.zero), sizes }
  }
  const { zero } = wanted
  const signs = new Uint32Array(signWordCount(sum.length))
  const measured = wanted.sizes && tileTakesBlock(scratch, shape.block)
  const sizes = new Float64Array(measured ? blockCount(shape.d, shape.block) : 0)
  for (const piece of tilesOf(scratch, 0, sum.length)) {
    combineTile(scratch, parts, piece)
    const part = scratch.x.subarray(0, piece.end - piece.start)
    sum.set(part, piece.start)
    if (measured) measureTile(scratch, sizes, { ...piece, block: shape.block })
    if (scratch.kernels.signFloat32(wordsOf(piece)) !== 0) settleZeros(scratch, zero, piece)
    copySigns(scratch, signs, piece)
  }
  return { sum, signs, sizes: wanted.sizes && !measured ? blockSizes(sum, shape) : sizes }
}

/** Blocks that a tile holds in whole groups of eight, in which their sizes are added. */
function tileTakesBlock({ size }: Tile, block: number): boolean {
  return block >= 32 && block % 4 === 0 && size % (8 * block) === 0
}

/** The tile, where all three vectors are float32. */
function tileFor({ x, y }: Combination, sum: FloatVector): Tile | null {
  const float32 = [x, y, sum].every((vector) => vector instanceof Float32Array)
  return float32 ? tile() : null
}

function combineTile(
  { kernels, x, y }: Tile,
  parts: Combination,
  { start, end }: { readonly start: number; readonly end: number },
): void {
  x.set(parts.x.subarray(start, end))
  y.set(parts.y.subarray(start, end))
  kernels.vectorCombine(end - start, parts.a, parts.b)
}

/** The mean sizes of the piece's blocks; a short last one has zeros beside it in the tile. */
function measureTile(
  { kernels, x, blockA }: Tile,
  sizes: Float64Array,
  { start, end, block }: { readonly start: number; readonly end: number; readonly block: number },
): void {
  const blocks = Math.ceil((end - start) / block)
  x.fill(0, end - start, blocks * block)
  kernels.vectorSizes(blocks, block)
  for (let b = 0; b < blocks; b++) {
    const count = Math.min(block, end - start - b * block)
    sizes[start / block + b] = (blockA[b] ?? NaN) / count
  }
}

/** a·x + b·y into `sum`, in plain TypeScript. */
export function combinePlain({ a, x, b, y }: Combination, sum: FloatVector): FloatVector {
  for (let i = 0; i < sum.length; i++) sum[i] = a * (x[i] ?? 0) + b * (y[i] ?? 0)
  return sum
}

/** Mean |v| of every block, in plain TypeScript. */
export function blockSizes(v: FloatVector, shape: VectorShape): Float64Array {
  const sizes = new Float64Array(blockCount(shape.d, shape.block))
  for (const { b, start, end } of blocksOf(wholeSlice(shape), shape.block)) {
    sizes[b] = meanSize(v, start, end)
  }
  return sizes
}
