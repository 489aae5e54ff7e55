import { sha256 } from '@noble/hashes/sha2.js'
import { toHex } from './hex.ts'

/** SHA-256 as 64 lower-case hexadecimal digits; from a library, for pages without `crypto.subtle`. */
export function sha256Hex(bytes: Uint8Array): string {
  return toHex(sha256(bytes))
}
