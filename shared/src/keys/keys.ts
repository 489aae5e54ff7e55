/** What signs for a contributor, and what checks: Ed25519 (RFC 8032) wherever it comes from. */

export const KEY_BYTES = 32
export const SIGNATURE_BYTES = 64

/** A key pair whose private half stays where it is. */
export interface Signer {
  /** 32 bytes. */
  readonly publicKey: Uint8Array
  /** 64 bytes. */
  sign(statement: Uint8Array): Promise<Uint8Array>
}

/** Whether `signature` is that of `publicKey` under `statement`; false for anything malformed. */
export type Verify = (
  publicKey: Uint8Array,
  statement: Uint8Array,
  signature: Uint8Array,
) => Promise<boolean>

/** What a contributor in a group needs: its own key, and a way to check the others. */
export interface Keys {
  readonly signer: Signer
  readonly verify: Verify
}
