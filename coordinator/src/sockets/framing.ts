/**
 * Binary messages as a server writes them: fragments that are not masked. What goes to thousands
 * of sockets is framed once, and the same buffer is handed to each.
 *
 * Source: RFC 6455, 5.2 and 5.4.
 */
import type { Duplex } from 'node:stream'

const FINAL = 0x80
const BINARY = 0x02
const CONTINUATION = 0x00

/** Framed as a whole message, and as the beginning of one. */
interface Framed {
  whole?: Buffer
  begun?: Buffer
}

const framed = new WeakMap<Uint8Array, Framed>()

/**
 * Writes one binary message to a socket's stream at once: `shared`, framed at the first call with
 * this very array and kept with it, then `own`. Neither may change until the stream has taken them.
 */
export function writeMessage(
  stream: Duplex,
  shared: Uint8Array | null,
  own: Uint8Array | null,
): void {
  stream.cork()
  if (shared) stream.write(sharedFragment(shared, own === null))
  if (own) stream.write(fragment(own, FINAL | (shared ? CONTINUATION : BINARY)))
  stream.uncork()
}

function sharedFragment(payload: Uint8Array, whole: boolean): Buffer {
  const known = framed.get(payload) ?? {}
  framed.set(payload, known)
  if (whole) return (known.whole ??= fragment(payload, FINAL | BINARY))
  return (known.begun ??= fragment(payload, BINARY))
}

/** Header and payload in a buffer of its own. */
function fragment(payload: Uint8Array, first: number): Buffer {
  const { length } = payload
  const extended = length < 126 ? 0 : length < 0x10000 ? 2 : 8
  const bytes = Buffer.allocUnsafe(2 + extended + length)
  bytes[0] = first
  bytes[1] = extended === 0 ? length : extended === 2 ? 126 : 127
  if (extended === 2) bytes.writeUInt16BE(length, 2)
  if (extended === 8) bytes.writeBigUInt64BE(BigInt(length), 2)
  bytes.set(payload, 2 + extended)
  return bytes
}
