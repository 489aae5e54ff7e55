import * as ed25519 from '@noble/ed25519'
import { sha512 } from '@noble/hashes/sha2.js'
import type { Keys } from './keys.ts'

ed25519.hashes.sha512 = sha512

export const SECRET_BYTES = 32

/**
 * Ed25519 by a library in plain TypeScript, for where the platform has none: pages over plain HTTP,
 * and browsers before 2025. `secret` is 32 random bytes.
 */
export function keysOfSecret(secret: Uint8Array): Keys {
  const publicKey = ed25519.getPublicKey(secret)
  return {
    signer: {
      publicKey,
      sign: (statement) => Promise.resolve(ed25519.sign(statement, secret)),
    },
    verify: (key, statement, signature) =>
      Promise.resolve(verifyPlainly(key, statement, signature)),
  }
}

/**
 * Whether a public key is of no use: no point of the curve, or one of the eight of small order,
 * under which anybody's signature may hold.
 */
export function isWeakKey(publicKey: Uint8Array): boolean {
  try {
    return ed25519.Point.fromBytes(publicKey).isSmallOrder()
  } catch {
    return true
  }
}

/** As `verify`, and true for whatever the most lenient of libraries takes (ZIP 215) besides. */
export function mayBeSignedBy(
  key: Uint8Array,
  statement: Uint8Array,
  signature: Uint8Array,
): boolean {
  try {
    return ed25519.verify(signature, statement, key, { zip215: true })
  } catch {
    return false
  }
}

function verifyPlainly(key: Uint8Array, statement: Uint8Array, signature: Uint8Array): boolean {
  try {
    // Not by ZIP 215: browsers' own refuse what that would take besides.
    return ed25519.verify(signature, statement, key, { zip215: false })
  } catch {
    return false
  }
}
