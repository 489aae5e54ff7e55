/**
 * Frames cut into messages that every pair of browsers can exchange. Each message starts with
 * sixteen bytes, little-endian:
 *
 *     u32 frame number    the sender's, counting up
 *     u32 part            0, 1, … in order
 *     u32 bytes of the whole frame
 *     u32 bytes of this part: PART_BYTES, or what is left in the last
 */

/** Chromium and Firefox exchange messages of this size either way. */
export const MAX_MESSAGE_BYTES = 48 * 1024
const MESSAGE_HEADER_BYTES = 16
export const PART_BYTES = MAX_MESSAGE_BYTES - MESSAGE_HEADER_BYTES
export const MAX_FRAME_BYTES = 4 * 2 ** 20
/** Frames that a sender may have begun and not ended. */
export const MAX_OPEN_FRAMES = 4
/** A frame whose next part does not come for so long is dropped. */
export const STALE_MS = 30_000

/** The messages that carry `frame` (1 to MAX_FRAME_BYTES), each with a buffer of its own. */
export function* messagesOf(frame: Uint8Array, number: number): Generator<Uint8Array<ArrayBuffer>> {
  if (frame.byteLength < 1 || frame.byteLength > MAX_FRAME_BYTES) {
    throw new RangeError(`a frame of ${frame.byteLength} bytes, 1 to ${MAX_FRAME_BYTES} possible`)
  }
  for (let part = 0; part * PART_BYTES < frame.byteLength; part++) {
    const bytes = frame.subarray(part * PART_BYTES, (part + 1) * PART_BYTES)
    const message = new Uint8Array(MESSAGE_HEADER_BYTES + bytes.byteLength)
    const header = new DataView(message.buffer)
    header.setUint32(0, number >>> 0, true)
    header.setUint32(4, part, true)
    header.setUint32(8, frame.byteLength, true)
    header.setUint32(12, bytes.byteLength, true)
    message.set(bytes, MESSAGE_HEADER_BYTES)
    yield message
  }
}

export type FramingFault =
  /** Shorter than its header, or longer than a message may be. */
  | 'MESSAGE_SIZE'
  /** A frame of no bytes, or of more than MAX_FRAME_BYTES. */
  | 'FRAME_SIZE'
  /** Not as long as this part of this frame is. */
  | 'PART_SIZE'
  /** A part without those before it, or of another frame size than those. */
  | 'PART_ORDER'

export type Accepted =
  | { readonly kind: 'frame'; readonly frame: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'more' }
  | { readonly kind: 'refused'; readonly fault: FramingFault }

interface OpenFrame {
  readonly frame: Uint8Array<ArrayBuffer>
  nextPart: number
  heardMs: number
}

/**
 * Puts one sender's messages together again; takes any bytes and never holds more than
 * MAX_OPEN_FRAMES frames.
 */
export class Reassembler {
  /** By frame number, oldest first. */
  readonly #open = new Map<number, OpenFrame>()

  /** Bytes set aside for frames not yet complete. */
  get heldBytes(): number {
    let bytes = 0
    for (const { frame } of this.#open.values()) bytes += frame.byteLength
    return bytes
  }

  accept(message: Uint8Array, nowMs: number): Accepted {
    if (message.byteLength < MESSAGE_HEADER_BYTES || message.byteLength > MAX_MESSAGE_BYTES) {
      return refused('MESSAGE_SIZE')
    }
    const header = new DataView(message.buffer, message.byteOffset, MESSAGE_HEADER_BYTES)
    const number = header.getUint32(0, true)
    const part = header.getUint32(4, true)
    const frameBytes = header.getUint32(8, true)
    if (frameBytes < 1 || frameBytes > MAX_FRAME_BYTES) return refused('FRAME_SIZE')
    const bytes = message.subarray(MESSAGE_HEADER_BYTES)
    const expected = Math.min(PART_BYTES, frameBytes - part * PART_BYTES)
    if (bytes.byteLength !== expected || header.getUint32(12, true) !== expected) {
      return refused('PART_SIZE')
    }
    this.#dropStale(nowMs)
    const open = part === 0 ? this.#begin(number, frameBytes) : this.#open.get(number)
    if (open?.nextPart !== part || open.frame.byteLength !== frameBytes) {
      this.#open.delete(number)
      return refused('PART_ORDER')
    }
    open.frame.set(bytes, part * PART_BYTES)
    open.nextPart += 1
    open.heardMs = nowMs
    if (open.nextPart * PART_BYTES < frameBytes) return { kind: 'more' }
    this.#open.delete(number)
    return { kind: 'frame', frame: open.frame }
  }

  #begin(number: number, frameBytes: number): OpenFrame {
    this.#open.delete(number)
    for (const oldest of this.#open.keys()) {
      if (this.#open.size < MAX_OPEN_FRAMES) break
      this.#open.delete(oldest)
    }
    const open = { frame: new Uint8Array(frameBytes), nextPart: 0, heardMs: 0 }
    this.#open.set(number, open)
    return open
  }

  #dropStale(nowMs: number): void {
    for (const [number, { heardMs }] of this.#open) {
      if (nowMs - heardMs > STALE_MS) this.#open.delete(number)
    }
  }
}

function refused(fault: FramingFault): Accepted {
  return { kind: 'refused', fault }
}
