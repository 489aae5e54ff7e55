/** Coordinates that a workgroup works on: a whole number of blocks, and of words of signs. */
export const TILE = 256
/** Tiles in a row of the dispatch; a device allows 65,535, and d = 2²⁴ takes 65,536. */
export const ROW_TILES = 32_768

/** Tiles of a vector of d coordinates. */
export function tileCount(d: number): number {
  return Math.ceil(d / TILE)
}

/** For every program: what floats look like in bits, and the workgroup's tile. */
export const TILES_WGSL = /* wgsl */ `
const TILE = ${TILE}u;
const SIGN = 0x80000000u;
const MAGNITUDE = 0x7fffffffu;
const INFINITE = 0x7f800000u;

fn tileOf(group: vec3<u32>) -> u32 {
  return group.y * ${ROW_TILES}u + group.x;
}

/** NaN or infinite. By the bits: a compiler may take floats to be neither. */
fn unbounded(bits: u32) -> bool {
  return (bits & INFINITE) == INFINITE;
}
`
