/**
 * Stands between a socket's stream and ws, and puts large binary messages together itself. ws keeps
 * the pieces of a message, of 64 KiB each, until it is whole, and copies them into memory of its
 * own. All else goes to ws as it came.
 *
 * Source: RFC 6455, 5.2 and 5.3. Why: docs/adr/0016.
 */
import type { MessageRoom } from './message-room.ts'
import { unmask } from './unmask.ts'

/** Messages from this size on are put together here; smaller ones mostly come in one piece. */
export const LARGE_BYTES = 16 * 1024

const CONTINUATION = 0
const BINARY = 2
const CLOSE = 8

export interface IntakePorts {
  /** Bytes of the largest message that may come now, at least `LARGE_BYTES`. */
  mostBytes(): number
  /** A large binary message, whose bytes are lent: only until this returns. */
  message(bytes: Uint8Array): void
  /** What comes next for ws. */
  forward(bytes: Buffer): void
  /** A message is larger than that; nothing comes after this. */
  overflow(): void
}

/** A large message while it comes. */
interface Arriving {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly mask: Uint8Array
  came: number
}

interface Header {
  readonly isFinal: boolean
  readonly hasReserved: boolean
  readonly opcode: number
  readonly isMasked: boolean
  /** Of the header itself, and of what follows. */
  readonly headerBytes: number
  readonly payloadBytes: number
}

export class MessageIntake {
  readonly #room: MessageRoom
  readonly #ports: IntakePorts
  #arriving: Arriving | null = null
  /** Bytes of a frame's payload that go to ws. */
  #passing = 0
  /** A header that has not come whole. */
  #header: Buffer | null = null
  /** Bytes of the message at hand, which is in fragments; null between messages. */
  #fragmentBytes: number | null = null
  #isClosing = false
  #isOver = false

  constructor(room: MessageRoom, ports: IntakePorts) {
    this.#room = room
    this.#ports = ports
  }

  /** What the stream gave. */
  take(chunk: Buffer): void {
    let bytes = chunk
    if (this.#header) {
      bytes = Buffer.concat([this.#header, chunk])
      this.#header = null
    }
    /** Up to here everything is dealt with; from `kept` on it is for ws. */
    let at = 0
    let kept = 0
    const forward = (end: number) => {
      if (end > kept) this.#ports.forward(bytes.subarray(kept, end))
      kept = end
    }
    while (at < bytes.length && !this.#isOver) {
      if (this.#arriving) {
        at += this.#fill(this.#arriving, bytes.subarray(at))
        kept = at
        continue
      }
      if (this.#passing > 0) {
        const part = Math.min(this.#passing, bytes.length - at)
        this.#passing -= part
        at += part
        if (this.#passing === 0 && this.#isClosing) {
          forward(at)
          return this.stop()
        }
        continue
      }
      const header = readHeader(bytes, at)
      if (!header) {
        // Copied: the chunk is let go.
        this.#header = Buffer.from(bytes.subarray(at))
        break
      }
      const isAmongFragments = this.#fragmentBytes !== null
      const messageBytes = this.#messageBytes(header)
      if (messageBytes >= LARGE_BYTES) {
        // What came before may be what allows a message of this size.
        forward(at)
        if (this.#isOver) return
        if (messageBytes > this.#ports.mostBytes()) {
          forward(bytes.length)
          this.stop()
          return this.#ports.overflow()
        }
      }
      if (messageBytes >= LARGE_BYTES && isWholeBinary(header) && !isAmongFragments) {
        const end = at + header.headerBytes
        const mask = Uint8Array.from(bytes.subarray(end - 4, end))
        this.#arriving = { bytes: this.#room.take(header.payloadBytes), mask, came: 0 }
        at = end
        kept = end
      } else {
        at += header.headerBytes
        this.#passing = header.payloadBytes
        this.#isClosing = header.opcode === CLOSE
        if (this.#isClosing && this.#passing === 0) {
          forward(at)
          return this.stop()
        }
      }
    }
    if (!this.#isOver) forward(at)
  }

  /** Nothing is taken any more: the connection is over, or ws has given it up. */
  stop(): void {
    this.#isOver = true
    this.#header = null
    if (this.#arriving) this.#room.giveBack(this.#arriving.bytes)
    this.#arriving = null
  }

  /** Of the message that the frame belongs to, up to and with this frame; 0 for a control frame. */
  #messageBytes({ opcode, payloadBytes, isFinal }: Header): number {
    if (opcode >= CLOSE) return 0
    const before = opcode === CONTINUATION ? (this.#fragmentBytes ?? 0) : 0
    const bytes = before + payloadBytes
    this.#fragmentBytes = isFinal ? null : bytes
    return bytes
  }

  /** Adds to the message at hand. Bytes that were used. */
  #fill(arriving: Arriving, bytes: Buffer): number {
    const part = Math.min(arriving.bytes.length - arriving.came, bytes.length)
    arriving.bytes.set(part === bytes.length ? bytes : bytes.subarray(0, part), arriving.came)
    arriving.came += part
    if (arriving.came === arriving.bytes.length) {
      unmask(arriving.bytes, arriving.mask)
      this.#arriving = null
      try {
        this.#ports.message(arriving.bytes)
      } finally {
        this.#room.giveBack(arriving.bytes)
      }
    }
    return part
  }
}

/** The header that begins at `at`; null where it has not come whole. */
function readHeader(bytes: Buffer, at: number): Header | null {
  const [first, second] = [bytes[at], bytes[at + 1]]
  if (first === undefined || second === undefined) return null
  const short = second & 0x7f
  const extended = short < 126 ? 0 : short === 126 ? 2 : 8
  const isMasked = (second & 0x80) !== 0
  const headerBytes = 2 + extended + (isMasked ? 4 : 0)
  if (bytes.length - at < headerBytes) return null
  return {
    isFinal: (first & 0x80) !== 0,
    hasReserved: (first & 0x70) !== 0,
    opcode: first & 0x0f,
    isMasked,
    headerBytes,
    payloadBytes: extended === 0 ? short : lengthAt(bytes, at + 2, extended),
  }
}

function lengthAt(bytes: Buffer, at: number, size: 2 | 8): number {
  return size === 2 ? bytes.readUInt16BE(at) : Number(bytes.readBigUInt64BE(at))
}

/** Anything else that is not as it should be, ws refuses. */
function isWholeBinary({ opcode, isFinal, hasReserved, isMasked }: Header): boolean {
  return opcode === BINARY && isFinal && !hasReserved && isMasked
}
