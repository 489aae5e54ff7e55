import { wasmBase64 } from './module.generated.ts'

/** What shared/kernels exports: functions and constants. */
export interface KernelExports extends TallyKernels, TileKernels {
  readonly memory: { readonly buffer: ArrayBuffer }
}

/** shared/kernels/tally.ts */
interface TallyKernels {
  readonly TALLY_TILE: number
  readonly TALLY_SLOTS: number
  readonly TALLY_PLANES: number
  readonly TALLY_STRIDE: number
  readonly TALLY_VOTES: number
  readonly TALLY_COUNTS: number
  readonly TALLY_BLOCKS: number
  readonly TALLY_WEIGHTS: number
  readonly TALLY_SPREAD: number
  readonly TALLY_SUMS: number
  readonly TALLY_POSITIVE: number
  readonly TALLY_TIED: number
  readonly tallyFold8: (bytes: number, plane: number, planes: number) => void
  readonly tallyFold16: (bytes: number, plane: number, planes: number) => void
  readonly tallyFoldWeighted: (bytes: number, planes: number, shift: number) => void
  readonly tallySpread: (from: number, end: number, planes: number, total: number) => void
  readonly tallyCompare: (from: number, end: number, planes: number, total: number) => void
}

/** shared/kernels/tile.ts, philox.ts, sign.ts and vector.ts; see `tile.ts` of this folder. */
interface TileKernels {
  readonly TILE: number
  readonly TILE_X: number
  readonly TILE_Y: number
  readonly TILE_CHANCE: number
  readonly TILE_PLUS: number
  readonly TILE_ZERO: number
  readonly TILE_BLOCKS: number
  readonly TILE_BLOCK_A: number
  readonly TILE_BLOCK_B: number
  readonly philoxStream: (round: number, contributor: number, seed: number, domain: number) => void
  readonly philoxFill: (firstBlock: number, blocks: number) => void
  readonly philoxToss: (firstWord: number, words: number) => void
  readonly signFloat32: (words: number) => number
  readonly signFloat64: (words: number) => number
  readonly signInt32: (words: number) => number
  readonly signDrawn: (words: number, factor: number, divisor: number) => void
  readonly signNoise: (words: number, sigma: number) => void
  readonly vectorCombine: (values: number, a: number, b: number) => void
  readonly vectorSizes: (blocks: number, block: number) => void
  readonly vectorOwe: (blocks: number, block: number) => void
  readonly vectorStep: (words: number, step: number) => void
  readonly vectorFinite: (values: number) => number
  readonly vectorLargest: (values: number) => number
  readonly vectorSquares: (values: number, scale: number, sum: number) => number
}

/** The part of the global WebAssembly that is used; `shared` knows the types of no platform. */
interface WebAssemblyApi {
  validate(bytes: Uint8Array): boolean
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object) => { readonly exports: object }
}

let instance: KernelExports | null | undefined

/**
 * The WebAssembly kernels, one instance for all; null where WebAssembly or its SIMD is missing or
 * not permitted. Their memory is fixed: what is copied in is gone with the next call of a kernel.
 */
export function kernels(): KernelExports | null {
  if (instance === undefined) instance = instantiate()
  return instance
}

function instantiate(): KernelExports | null {
  const { WebAssembly, atob } = globalThis as unknown as {
    WebAssembly?: WebAssemblyApi
    atob: (base64: string) => string
  }
  const bytes = Uint8Array.from(atob(wasmBase64), (character) => character.charCodeAt(0))
  if (!WebAssembly?.validate(bytes)) return null
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes))
    return Object.fromEntries(Object.entries(exports).map(unwrapped)) as unknown as KernelExports
  } catch {
    return null // a page whose policy forbids WebAssembly
  }
}

/** A constant comes as a global, whose value is slow to read. */
function unwrapped([name, one]: [string, unknown]): [string, unknown] {
  const isGlobal = typeof one === 'object' && one !== null && 'value' in one
  return [name, isGlobal ? one.value : one]
}
