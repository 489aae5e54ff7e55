/** The reflected polynomial of IEEE 802.3. */
const POLYNOMIAL = 0xedb88320
/** Bytes that one step of the loop takes. */
const STEP = 8

type Crc32 = (bytes: Uint8Array, before: number) => number

let chosen: Crc32 | null = null
let tables: readonly Uint32Array[] | null = null

/**
 * CRC-32 (IEEE 802.3) of `bytes` as an unsigned 32-bit integer, going on from the CRC of what stood
 * `before` them; guards against accidents on the wire, not against forgery. Where the platform has
 * one of its own, as Node does, it is that.
 *
 * Source: ISO 3309; check value of "123456789" is 0xcbf43926.
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  chosen ??= crc32OfPlatform() ?? crc32InTables
  return chosen(bytes, before)
}

/**
 * `crc32` in plain TypeScript, eight bytes a step.
 *
 * Source: Kounavis & Berry, "A Systematic Approach to Building High Performance Software-Based CRC
 * Generators", 2005 (slicing by eight).
 */
export function crc32InTables(bytes: Uint8Array, before: number): number {
  tables ??= remainders()
  const [t0, t1, t2, t3, t4, t5, t6, t7] = tables as Eight
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const steps = bytes.length - (bytes.length % STEP)
  let rest = ~before
  for (let i = 0; i < steps; i += STEP) {
    const low = view.getUint32(i, true) ^ rest
    const high = view.getUint32(i + 4, true)
    rest =
      at(t7, low) ^
      at(t6, low >>> 8) ^
      at(t5, low >>> 16) ^
      at(t4, low >>> 24) ^
      at(t3, high) ^
      at(t2, high >>> 8) ^
      at(t1, high >>> 16) ^
      at(t0, high >>> 24)
  }
  for (let i = steps; i < bytes.length; i++) {
    rest = at(t0, rest ^ (bytes[i] as number)) ^ (rest >>> 8)
  }
  return ~rest >>> 0
}

type Eight = [
  ...[Uint32Array, Uint32Array, Uint32Array, Uint32Array],
  ...[Uint32Array, Uint32Array, Uint32Array, Uint32Array],
]

function at(table: Uint32Array, byte: number): number {
  return table[byte & 0xff] as number
}

/** tables[k][byte]: the remainder of the byte with k zero bytes behind it. */
function remainders(): readonly Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let rest = byte
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? POLYNOMIAL : 0)
    return rest
  })
  const all = [first]
  for (let k = 1; k < STEP; k++) {
    const before = all[k - 1] as Uint32Array
    all.push(before.map((rest) => at(first, rest) ^ (rest >>> 8)))
  }
  return all
}

/** Node's, which uses the processor's carry-less multiplication; `shared` knows no platform's types. */
function crc32OfPlatform(): Crc32 | null {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (id: string) => { crc32?: Crc32 } | undefined }
  }
  return process?.getBuiltinModule?.('node:zlib')?.crc32 ?? null
}
