/**
 * The frame around every binary message: a fixed little-endian header, then the payload.
 *
 *     offset  bytes  field
 *          0      2  magic "Qr"
 *          2      1  version
 *          3      1  kind
 *          4      4  run number
 *          8      4  round
 *         12      4  attempt
 *         16      2  slice (0xffff: the whole vector)
 *         18      2  reserved, 0
 *         20      4  offset of this part in the payload
 *         24      4  total payload bytes
 *         28      4  bytes of payload in this frame
 *         32      4  CRC-32 of bytes 0..31 and the payload
 *
 * For now a payload always travels whole: offset 0, total = length.
 */
import { crc32 } from '../bytes/crc32.ts'
import { FRAME_VERSION } from './version.ts'

export const HEADER_BYTES = 36
/** Larger frames are refused unread: 11 planes (the sums of 1,023 voters) at d = 2²⁴, and a bit. */
const MAX_FRAME_BYTES = 24 * 1024 * 1024
export const WHOLE = 0xffff

const frameKind = { ballot: 1, tally: 2, verdict: 3, vector: 4, turn: 5, audit: 6 } as const
export type FrameKind = keyof typeof frameKind

export interface FrameHeader {
  readonly kind: FrameKind
  readonly run: number
  readonly round: number
  readonly attempt: number
  readonly slice: number
}

export interface Frame {
  readonly header: FrameHeader
  /** A view into the frame's bytes, not a copy. */
  readonly payload: Uint8Array
}

/** Why a frame was refused; the code goes to its sender. */
export type FrameErrorCode =
  | 'FRAME_TOO_SHORT'
  | 'FRAME_TOO_LARGE'
  | 'FRAME_MAGIC'
  | 'FRAME_VERSION'
  | 'FRAME_KIND'
  | 'FRAME_LENGTH'
  | 'FRAME_CHECKSUM'
  | 'FRAME_RUN'
  | 'FRAME_SLICE'
  | 'FRAME_PAYLOAD'

/** A frame that breaks the grammar. */
export class FrameError extends Error {
  readonly code: FrameErrorCode
  constructor(code: FrameErrorCode, detail: string) {
    super(detail)
    this.code = code
  }
}

/** A whole frame around `payload`, in a buffer of its own. */
export function encodeFrame(header: FrameHeader, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length)
  const view = new DataView(bytes.buffer)
  bytes[0] = 0x51
  bytes[1] = 0x72
  bytes[2] = FRAME_VERSION
  bytes[3] = frameKind[header.kind]
  view.setUint32(4, header.run, true)
  view.setUint32(8, header.round, true)
  view.setUint32(12, header.attempt, true)
  view.setUint16(16, header.slice, true)
  view.setUint32(24, payload.length, true)
  view.setUint32(28, payload.length, true)
  bytes.set(payload, HEADER_BYTES)
  view.setUint32(32, checksum(bytes), true)
  return bytes
}

/**
 * Header and payload of a frame of at most `mostBytes`; everything is checked before anything is
 * read from the payload.
 *
 * @throws FrameError
 */
export function decodeFrame(bytes: Uint8Array, mostBytes: number = MAX_FRAME_BYTES): Frame {
  if (bytes.length < HEADER_BYTES) {
    throw new FrameError(
      'FRAME_TOO_SHORT',
      `a frame has at least ${HEADER_BYTES} bytes, not ${bytes.length}`,
    )
  }
  if (bytes.length > mostBytes) {
    throw new FrameError(
      'FRAME_TOO_LARGE',
      `a frame has at most ${mostBytes} bytes, not ${bytes.length}`,
    )
  }
  if (bytes[0] !== 0x51 || bytes[1] !== 0x72) {
    throw new FrameError('FRAME_MAGIC', 'not a frame: the first bytes are wrong')
  }
  if (bytes[2] !== FRAME_VERSION) {
    throw new FrameError('FRAME_VERSION', `version ${bytes[2]}, expected ${FRAME_VERSION}`)
  }
  const kind = kindOf(bytes[3] ?? 0)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = view.getUint32(28, true)
  const whole = view.getUint32(20, true) === 0 && view.getUint32(24, true) === length
  if (!whole || length !== bytes.length - HEADER_BYTES || view.getUint16(18, true) !== 0) {
    throw new FrameError(
      'FRAME_LENGTH',
      `the header says ${length} bytes, ${bytes.length - HEADER_BYTES} came`,
    )
  }
  if (view.getUint32(32, true) !== checksum(bytes)) {
    throw new FrameError('FRAME_CHECKSUM', 'the checksum does not match')
  }
  return {
    header: {
      kind,
      run: view.getUint32(4, true),
      round: view.getUint32(8, true),
      attempt: view.getUint32(12, true),
      slice: view.getUint16(16, true),
    },
    payload: bytes.subarray(HEADER_BYTES),
  }
}

/** The frames that stand one after the other in `bytes`, undecoded. @throws FrameError */
export function* splitFrames(bytes: Uint8Array): Generator<Uint8Array> {
  let at = 0
  while (at < bytes.length) {
    if (bytes.length - at < HEADER_BYTES) {
      throw new FrameError('FRAME_TOO_SHORT', `${bytes.length - at} bytes left over`)
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset + at)
    const end = at + HEADER_BYTES + view.getUint32(28, true)
    if (end > bytes.length) throw new FrameError('FRAME_LENGTH', 'the last frame is cut off')
    yield bytes.subarray(at, end)
    at = end
  }
}

/** What a frame says it is, before anything else of it is looked at. @throws FrameError */
export function kindOfFrame(frame: Uint8Array): FrameKind {
  return kindOf(frame[3] ?? 0)
}

function kindOf(code: number): FrameKind {
  for (const [kind, value] of Object.entries(frameKind)) {
    if (value === code) return kind as FrameKind
  }
  throw new FrameError('FRAME_KIND', `unknown kind ${code}`)
}

function checksum(frame: Uint8Array): number {
  return crc32(frame.subarray(HEADER_BYTES), crc32(frame.subarray(0, 32)))
}
