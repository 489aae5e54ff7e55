import { fromHex, toHex } from '@quorate/shared/bytes/hex'
import { SECRET_BYTES, keysOfSecret } from '@quorate/shared/keys/ed25519'
import type { Keys, Verify } from '@quorate/shared/keys/keys'
import { secretBytes } from '../link/browser-random.ts'

const NAME = 'quorate/keys'
const STORE = 'keys'
const PAIR = 'ed25519'
/** Other members' keys that are kept ready. */
const MOST_KEYS = 64

/**
 * This browser's keys, the same at every visit: from the browser's own cryptography, which never
 * shows the private half, or else from a library, with a secret in the browser's storage. Where the
 * browser keeps nothing, they last as long as the page.
 */
export async function browserKeys(): Promise<Keys> {
  try {
    return await keysOfPair(await keptPair())
  } catch {
    // No Ed25519, or none on a page without a secure connection.
    return keysOfSecret(keptSecret())
  }
}

async function keysOfPair(pair: CryptoKeyPair): Promise<Keys> {
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
  return {
    signer: {
      publicKey,
      async sign(statement) {
        const signed = await crypto.subtle.sign(PAIR, pair.privateKey, copy(statement))
        return new Uint8Array(signed)
      },
    },
    verify: verifier(),
  }
}

function verifier(): Verify {
  const ready = new Map<string, Promise<CryptoKey>>()
  const keyOf = (publicKey: Uint8Array) => {
    const name = toHex(publicKey)
    const known = ready.get(name)
    if (known) return known
    for (const oldest of ready.keys()) {
      if (ready.size < MOST_KEYS) break
      ready.delete(oldest)
    }
    const key = crypto.subtle.importKey('raw', copy(publicKey), PAIR, false, ['verify'])
    ready.set(name, key)
    return key
  }
  return async (publicKey, statement, signature) => {
    try {
      const key = await keyOf(publicKey)
      return await crypto.subtle.verify(PAIR, key, copy(signature), copy(statement))
    } catch {
      // Not a point of the curve, or not a signature.
      return false
    }
  }
}

async function keptPair(): Promise<CryptoKeyPair> {
  const database = await openDatabase().catch(() => null)
  try {
    const kept: unknown =
      database && (await answer(database.transaction(STORE).objectStore(STORE).get(PAIR)))
    if (isPair(kept)) return kept
    const pair = (await crypto.subtle.generateKey(PAIR, false, ['sign', 'verify'])) as CryptoKeyPair
    if (!database) return pair
    // Another tab may have been first.
    const store = database.transaction(STORE, 'readwrite').objectStore(STORE)
    const first: unknown = await answer(store.get(PAIR))
    if (isPair(first)) return first
    await answer(store.put(pair, PAIR))
    return pair
  } finally {
    database?.close()
  }
}

function openDatabase(): Promise<IDBDatabase> {
  const opening = indexedDB.open(NAME, 1)
  opening.onupgradeneeded = () => opening.result.createObjectStore(STORE)
  return answer(opening)
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('the browser keeps nothing'))
  })
}

function isPair(value: unknown): value is CryptoKeyPair {
  return typeof value === 'object' && value !== null && 'privateKey' in value
}

function keptSecret(): Uint8Array {
  try {
    const kept = localStorage.getItem(NAME) ?? ''
    if (/^[0-9a-f]{64}$/.test(kept)) return fromHex(kept)
  } catch {
    // Blocked: for this page, then.
  }
  const secret = secretBytes(SECRET_BYTES)
  try {
    localStorage.setItem(NAME, toHex(secret))
  } catch {
    // Blocked or full: for this page, then.
  }
  return secret
}

/** The browser's own takes no view of shared memory, and its types none that might be one. */
function copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes)
}
