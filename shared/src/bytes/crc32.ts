/** The reflected polynomial of IEEE 802.3. */
const POLYNOMIAL = 0xedb88320

let table: Uint32Array | null = null

/**
 * CRC-32 (IEEE 802.3) of `bytes` as an unsigned 32-bit integer, going on from the CRC of what stood
 * `before` them; guards against accidents on the wire, not against forgery.
 *
 * Source: ISO 3309; check value of "123456789" is 0xcbf43926.
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  table ??= remainders()
  let rest = ~before
  for (let i = 0; i < bytes.length; i++) {
    rest = (table[(rest ^ (bytes[i] ?? 0)) & 0xff] ?? 0) ^ (rest >>> 8)
  }
  return ~rest >>> 0
}

/** The remainder of every byte, eight steps of the shift register at once. */
function remainders(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let rest = byte
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? POLYNOMIAL : 0)
    return rest
  })
}
