import { roundHalfEven } from './round-half-even.ts'

/** Exponents of the grid, in quarters: 2⁻⁴⁸ to 2^15.75. */
const MIN_QUARTERS = -192
const MAX_QUARTERS = 63

/** 2^(0/4) to 2^(3/4), as the nearest doubles. */
const QUARTER_POWERS = [1, 1.189207115002721, 1.4142135623730951, 1.681792830507429] as const

/**
 * The byte k + 192 of the quarter-octave grid point nearest to `z` ≥ 0 in the logarithm,
 * k = round-half-even(4·log₂ z) clamped to −192..63; 0 gives 0.
 *
 * Source: METHODS.md, EF-Vote, `grid`.
 */
export function gridByte(z: number): number {
  if (!(z >= 0)) throw new RangeError(`no grid point for ${z}`)
  if (z === 0) return 0
  const quarters = roundHalfEven(4 * Math.log2(Math.min(z, Number.MAX_VALUE)))
  return Math.max(MIN_QUARTERS, Math.min(MAX_QUARTERS, quarters)) - MIN_QUARTERS
}

/**
 * The grid point 2^((byte − 192)/4) of a byte 0..255, as a double: made of a constant and an exact
 * power of two, so that it is the same on every machine, and so is its float32.
 */
export function gridValue(byte: number): number {
  const quarters = byte + MIN_QUARTERS
  return (QUARTER_POWERS[quarters & 3] ?? NaN) * powerOfTwo(quarters >> 2)
}

/** The grid points of all `bytes`. */
export function gridValues(bytes: Uint8Array): Float64Array {
  return Float64Array.from(bytes, gridValue)
}

/** 2^n exactly, for −60 ≤ n ≤ 30: `Math.pow` promises no last bit. */
function powerOfTwo(n: number): number {
  return n >= 0 ? 1 << n : 1 / ((1 << (-n >> 1)) * (1 << (-n - (-n >> 1))))
}
