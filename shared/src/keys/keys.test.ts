import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { fromHex, toHex } from '../bytes/hex.ts'
import { isWeakKey, keysOfSecret } from './ed25519.ts'

/** RFC 8032, 7.1, test 2. */
const SECRET = '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'
const PUBLIC = '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c'
const SIGNATURE =
  '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
  '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00'
const MESSAGE = Uint8Array.of(0x72)

describe('Ed25519 by a library', () => {
  const { signer, verify: holds } = keysOfSecret(fromHex(SECRET))

  test('signs as the standard says', async () => {
    expect(toHex(signer.publicKey)).toBe(PUBLIC)
    expect(toHex(await signer.sign(MESSAGE))).toBe(SIGNATURE)
    expect(await holds(fromHex(PUBLIC), MESSAGE, fromHex(SIGNATURE))).toBe(true)
  })

  test('agrees with the one of Node, both ways', async () => {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(PUBLIC, 'hex').toString('base64url') }
    const d = Buffer.from(SECRET, 'hex').toString('base64url')
    const ours = await signer.sign(MESSAGE)
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    expect(verify(null, MESSAGE, key, ours)).toBe(true)
    const secret = createPrivateKey({ key: { ...jwk, d }, format: 'jwk' })
    expect(Buffer.from(ours).equals(sign(null, MESSAGE, secret))).toBe(true)
  })

  test('takes nothing malformed, and nothing of another key or statement', async () => {
    const changed = fromHex(SIGNATURE)
    changed[3] = (changed[3] as number) ^ 1
    expect(await holds(fromHex(PUBLIC), MESSAGE, changed)).toBe(false)
    expect(await holds(fromHex(PUBLIC), Uint8Array.of(0x73), fromHex(SIGNATURE))).toBe(false)
    expect(await holds(new Uint8Array(32).fill(255), MESSAGE, fromHex(SIGNATURE))).toBe(false)
    expect(await holds(new Uint8Array(5), MESSAGE, new Uint8Array(9))).toBe(false)
  })

  test('knows keys under which anybody’s signature may hold', () => {
    expect(isWeakKey(fromHex(PUBLIC))).toBe(false)
    expect(isWeakKey(new Uint8Array(32))).toBe(true)
    expect(isWeakKey(Uint8Array.of(1, ...new Uint8Array(31)))).toBe(true)
    expect(isWeakKey(new Uint8Array(32).fill(255))).toBe(true)
    expect(isWeakKey(new Uint8Array(7))).toBe(true)
  })
})
