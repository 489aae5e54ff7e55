import { createPublicKey, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

/** Ed25519 (RFC 8032): false for anything malformed. */
export function isSignedBy(
  publicKey: Uint8Array,
  statement: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    return verify(null, statement, keyOf(publicKey), signature)
  } catch {
    // Not a point of the curve.
    return false
  }
}

function keyOf(publicKey: Uint8Array): KeyObject {
  const x = Buffer.from(publicKey).toString('base64url')
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
}
