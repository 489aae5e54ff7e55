/**
 * The memory of the kernels that sign and step: one tile of the vector. The host copies it in,
 * calls a kernel or several in turn, and copies out what they made; nothing grows with d.
 */

/** Coordinates of a tile; as float32 they fit the first cache beside what is made of them. */
export const TILE: i32 = 4096

/** float32, float64 or int32 [TILE]: the values, which kernels of float32 may overwrite. */
export const TILE_X: usize = memory.data(TILE * 8, 16)
/** float32 [TILE]: what is combined with them. */
export const TILE_Y: usize = memory.data(TILE * 4, 16)
/** uint32 [TILE]: words of Philox, a coordinate each. */
export const TILE_CHANCE: usize = memory.data(TILE * 4, 16)
/** uint32 [TILE / 32]: bits of the coordinates that are +1. */
export const TILE_PLUS: usize = memory.data(TILE / 8, 16)
/** uint32 [TILE / 32]: bits of those that are exactly 0. */
export const TILE_ZERO: usize = memory.data(TILE / 8, 16)
/** Blocks that a tile has room for, of at least 32 coordinates each. */
export const TILE_BLOCKS: i32 = TILE / 32
/** float64 [TILE_BLOCKS]: what a kernel says of each block, or is told of it. */
export const TILE_BLOCK_A: usize = memory.data(TILE_BLOCKS * 8, 16)
/** The same, of what is told second. */
export const TILE_BLOCK_B: usize = memory.data(TILE_BLOCKS * 8, 16)
