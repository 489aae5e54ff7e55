import type { KernelExports } from './kernels.ts'
import { kernels } from './kernels.ts'

/**
 * The memory that the kernels of shared/kernels/{philox,sign,vector}.ts work on: one tile of a
 * vector of any length. Whoever writes to it reads what the kernels made before anyone else can:
 * between the two there is no `await`.
 */
export interface Tile {
  readonly kernels: KernelExports
  /** Coordinates of it, a multiple of 32. */
  readonly size: number
  /** The values, [size]; the three share their memory. */
  readonly x: Float32Array
  readonly xFloat64: Float64Array
  readonly xInt32: Int32Array
  /** What is combined with them, [size]. */
  readonly y: Float32Array
  /** Words of Philox, a coordinate each. */
  readonly chance: Uint32Array
  /** Bits of the coordinates that are +1. */
  readonly plus: Uint32Array
  /** Bits of those that are exactly 0. */
  readonly zero: Uint32Array
  /** By block. */
  readonly blockA: Float64Array
  readonly blockB: Float64Array
}

let only: Tile | null | undefined

/** The tile, one for all; null where there are no kernels. */
export function tile(): Tile | null {
  if (only === undefined) only = lay(kernels())
  return only
}

/**
 * The pieces of coordinates `start` to `end` that a tile takes in turn. A piece lies in the tile
 * from coordinate `start % 32` on, so that words of signs are words there too.
 */
export function* tilesOf(
  { size }: Tile,
  start: number,
  end: number,
): Generator<{ readonly start: number; readonly end: number }> {
  for (let from = start; from < end;) {
    const to = Math.min(end, from - (from % 32) + size)
    yield { start: from, end: to }
    from = to
  }
}

function lay(wasm: KernelExports | null): Tile | null {
  if (wasm === null) return null
  const { buffer } = wasm.memory
  return {
    kernels: wasm,
    size: wasm.TILE,
    x: new Float32Array(buffer, wasm.TILE_X, wasm.TILE),
    xFloat64: new Float64Array(buffer, wasm.TILE_X, wasm.TILE),
    xInt32: new Int32Array(buffer, wasm.TILE_X, wasm.TILE),
    y: new Float32Array(buffer, wasm.TILE_Y, wasm.TILE),
    chance: new Uint32Array(buffer, wasm.TILE_CHANCE, wasm.TILE),
    plus: new Uint32Array(buffer, wasm.TILE_PLUS, wasm.TILE / 32),
    zero: new Uint32Array(buffer, wasm.TILE_ZERO, wasm.TILE / 32),
    blockA: new Float64Array(buffer, wasm.TILE_BLOCK_A, wasm.TILE_BLOCKS),
    blockB: new Float64Array(buffer, wasm.TILE_BLOCK_B, wasm.TILE_BLOCKS),
  }
}
