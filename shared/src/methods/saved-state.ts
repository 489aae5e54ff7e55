import { fromLittleEndianBytes, littleEndianBytes } from '../bytes/float32.ts'
import type { FloatVector } from './method.ts'

/** A checkpoint's method state is not what this run's method writes. */
export class SavedStateError extends Error {
  readonly code = 'STATE_MALFORMED'
}

/** Methods without coordinator state save no bytes. */
export const noState = {
  init: () => null,
  save: () => new Uint8Array(),
  restore(bytes: Uint8Array): null {
    if (bytes.length !== 0) {
      throw new SavedStateError(`${bytes.length} bytes of state for a method that has none`)
    }
    return null
  },
}

/** Methods without units need no opening phase. */
export const noUnits = {
  calibrates: false,
  calibrate: () => null,
  units: () => null,
}

/** A float vector and the units, or null where none were announced yet. */
export interface VectorAndUnits {
  readonly vector: FloatVector
  readonly units: Uint8Array | null
}

/**
 * Grammar: one byte, 1 where units follow, else 0; d little-endian float32; the units, one byte
 * a block. A float64 vector is rounded: only golden tests have one.
 */
export function saveVectorAndUnits({ vector, units }: VectorAndUnits): Uint8Array {
  const floats = littleEndianBytes(Float32Array.from(vector))
  const bytes = new Uint8Array(1 + floats.length + (units?.length ?? 0))
  bytes[0] = units ? 1 : 0
  bytes.set(floats, 1)
  if (units) bytes.set(units, 1 + floats.length)
  return bytes
}

/**
 * The inverse, for `d` parameters in `blocks` blocks.
 *
 * @throws SavedStateError on any other length or first byte.
 */
export function restoreVectorAndUnits(
  bytes: Uint8Array,
  d: number,
  blocks: number,
): { vector: Float32Array; units: Uint8Array | null } {
  const hasUnits = bytes[0] === 1
  const size = 1 + 4 * d + (hasUnits ? blocks : 0)
  if ((bytes[0] ?? 2) > 1 || bytes.length !== size) {
    throw new SavedStateError(
      `${bytes.length} bytes beginning with ${bytes[0]} are no state of ${d} parameters`,
    )
  }
  const vector = fromLittleEndianBytes(bytes.subarray(1, 1 + 4 * d))
  return { vector, units: hasUnits ? bytes.slice(1 + 4 * d) : null }
}
