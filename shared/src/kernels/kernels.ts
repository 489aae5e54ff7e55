import { wasmBase64 } from './module.generated.ts'

/** What shared/kernels exports: functions, and constants as globals. */
export interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly TALLY_TILE: Constant
  readonly TALLY_SLOTS: Constant
  readonly TALLY_PLANES: Constant
  readonly TALLY_STRIDE: Constant
  readonly TALLY_VOTES: Constant
  readonly TALLY_MASKED: Constant
  readonly TALLY_COUNTS: Constant
  readonly TALLY_WEIGHTS: Constant
  readonly TALLY_SUMS: Constant
  readonly tallyFold8: Fold
  readonly tallyFold16: Fold
  readonly tallyMask: (bytes: number, bit: number, shift: number) => void
  readonly tallySpread: (from: number, end: number, planes: number, total: number) => void
}

type Fold = (votes: number, bytes: number, plane: number, planes: number) => void

interface Constant {
  readonly value: number
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
    return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as KernelExports
  } catch {
    return null // a page whose policy forbids WebAssembly
  }
}
