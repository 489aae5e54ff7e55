import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LARGE_BYTES, MessageIntake } from './message-intake.ts'
import { MessageRoom } from './message-room.ts'
import { unmask, unmaskPlainly } from './unmask.ts'

const [CONTINUATION, TEXT, BINARY, CLOSE, PING] = [0, 1, 2, 8, 9]

interface SentFrame {
  readonly opcode: number
  readonly isFinal: boolean
  readonly isMasked: boolean
  readonly payload: Uint8Array
}

function framed({ opcode, isFinal, isMasked, payload }: SentFrame): Buffer {
  const { length } = payload
  const extended = length < 126 ? 0 : length < 0x10000 ? 2 : 8
  const header = Buffer.alloc(2 + extended)
  header[0] = (isFinal ? 0x80 : 0) | opcode
  header[1] = (isMasked ? 0x80 : 0) | (extended === 0 ? length : extended === 2 ? 126 : 127)
  if (extended === 2) header.writeUInt16BE(length, 2)
  if (extended === 8) header.writeBigUInt64BE(BigInt(length), 2)
  if (!isMasked) return Buffer.concat([header, payload])
  const mask = Uint8Array.of(0x12, 0xe4, 0x77, length & 0xff)
  const masked = payload.slice()
  unmaskPlainly(masked, mask)
  return Buffer.concat([header, mask, masked])
}

function bytesOf(size: number, seed: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => (i * 31 + seed) & 0xff)
}

/** What came out, in order: bytes for ws joined where they follow each other. */
function listen(mostBytes = 1 << 20) {
  const out: { to: 'ws' | 'message'; bytes: Buffer }[] = []
  let isOver = false
  const add = (to: 'ws' | 'message', bytes: Uint8Array) => {
    const last = out.at(-1)
    if (to === 'ws' && last?.to === 'ws') last.bytes = Buffer.concat([last.bytes, bytes])
    else out.push({ to, bytes: Buffer.from(bytes) })
  }
  const room = new MessageRoom()
  const intake = new MessageIntake(room, {
    mostBytes: () => mostBytes,
    message: (bytes) => add('message', bytes),
    forward: (bytes) => add('ws', bytes),
    overflow: () => (isOver = true),
  })
  return { intake, out, room, isOver: () => isOver }
}

/** Gives `bytes` in chunks that end where `cuts` say. */
function give(intake: MessageIntake, bytes: Buffer, cuts: readonly number[]): void {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1))), bytes.length]
  let from = 0
  for (const end of ends.sort((a, b) => a - b)) {
    if (end > from) intake.take(Buffer.from(bytes.subarray(from, end)))
    from = end
  }
}

/** Bytes as text, which is compared at once. */
function texts(out: readonly { to: string; bytes: Buffer }[]): string[] {
  return out.map(({ to, bytes }) => `${to} ${bytes.toString('latin1')}`)
}

function whole(size: number, opcode = BINARY): SentFrame {
  return { opcode, isFinal: true, isMasked: true, payload: bytesOf(size, size) }
}

describe('the intake of messages', () => {
  const sizes = fc.oneof(
    fc.constantFrom(0, 1, 125, 126, 0xffff, 0x10000, LARGE_BYTES - 1, LARGE_BYTES),
    fc.integer({ min: 0, max: 3 * LARGE_BYTES }),
  )
  /** A message in one frame, one in fragments with pings among them, or a frame ws will refuse. */
  const sent = fc.oneof(
    fc.record({ kind: fc.constant('whole' as const), size: sizes }),
    fc.record({ kind: fc.constant('text' as const), size: sizes }),
    fc.record({ kind: fc.constant('unmasked' as const), size: sizes }),
    fc.record({ kind: fc.constant('fragments' as const), size: sizes }),
    fc.record({ kind: fc.constant('ping' as const), size: fc.integer({ min: 0, max: 125 }) }),
  )

  test('takes large binary messages and leaves everything else to ws, however it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(sent, { maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 40 }),
        (messages, cuts) => {
          const expected: { to: 'ws' | 'message'; bytes: Buffer }[] = []
          const all: Buffer[] = []
          const frame = (one: SentFrame, to: 'ws' | 'message' = 'ws') => {
            const bytes = framed(one)
            all.push(bytes)
            const last = expected.at(-1)
            if (to === 'message') expected.push({ to, bytes: Buffer.from(one.payload) })
            else if (last?.to === 'ws') last.bytes = Buffer.concat([last.bytes, bytes])
            else expected.push({ to, bytes })
          }
          for (const { kind, size } of messages) {
            if (kind === 'whole') frame(whole(size), size >= LARGE_BYTES ? 'message' : 'ws')
            if (kind === 'text') frame(whole(size, TEXT))
            if (kind === 'unmasked') frame({ ...whole(size), isMasked: false })
            if (kind === 'ping') frame(whole(size, PING))
            if (kind === 'fragments') {
              frame({ ...whole(size), isFinal: false })
              frame(whole(3, PING))
              // Against the protocol while fragments are open: for ws to refuse.
              frame(whole(LARGE_BYTES + 5))
            }
            if (kind === 'fragments') frame({ ...whole(size), opcode: CONTINUATION })
          }
          const { intake, out, isOver } = listen()
          give(intake, Buffer.concat(all), cuts)
          expect(isOver()).toBe(false)
          expect(texts(out)).toEqual(texts(expected))
        },
      ),
      { numRuns: 150 },
    )
  })

  test('takes any bytes without failing, and hands none on twice', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.array(fc.nat(), { maxLength: 20 }),
        (bytes, cuts) => {
          const { intake, out } = listen(LARGE_BYTES)
          give(intake, Buffer.from(bytes), cuts)
          const forwarded = out.reduce((sum, one) => sum + one.bytes.length, 0)
          expect(forwarded).toBeLessThanOrEqual(bytes.length)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('tells of a message that is too large by its header alone, and takes no more', () => {
    const { intake, out, isOver } = listen(LARGE_BYTES)
    intake.take(framed(whole(5)))
    intake.take(framed(whole(LARGE_BYTES + 1)).subarray(0, 8))
    expect(isOver()).toBe(true)
    const before = out.length
    intake.take(Buffer.alloc(100))
    expect(out).toHaveLength(before)
  })

  test('adds up fragments, of which none is too large', () => {
    const { intake, isOver } = listen(LARGE_BYTES)
    intake.take(framed({ ...whole(LARGE_BYTES - 10), isFinal: false }))
    expect(isOver()).toBe(false)
    intake.take(framed({ ...whole(11), opcode: CONTINUATION }))
    expect(isOver()).toBe(true)
  })

  test('asks how much may come after what came before is dealt with', () => {
    let mostBytes = LARGE_BYTES
    const heard: number[] = []
    const intake = new MessageIntake(new MessageRoom(), {
      mostBytes: () => mostBytes,
      message: ({ length }) => void heard.push(length),
      forward: () => (mostBytes = 2 * LARGE_BYTES),
      overflow: () => void heard.push(-1),
    })
    intake.take(Buffer.concat([framed(whole(5)), framed(whole(2 * LARGE_BYTES))]))
    expect(heard).toEqual([2 * LARGE_BYTES])
  })

  test('gives ws nothing behind a close frame', () => {
    const { intake, out } = listen()
    const close = framed(whole(2, CLOSE))
    intake.take(Buffer.concat([close, framed(whole(5)), framed(whole(LARGE_BYTES))]))
    intake.take(framed(whole(5)))
    expect(out).toEqual([{ to: 'ws', bytes: close }])
  })

  test('uses the same memory for one message after the other', () => {
    const { intake, room } = listen()
    intake.take(framed(whole(LARGE_BYTES)))
    const first = room.take(LARGE_BYTES)
    room.giveBack(first)
    intake.take(framed(whole(LARGE_BYTES)).subarray(0, 100))
    expect(room.take(LARGE_BYTES)).not.toBe(first)
    intake.stop()
    expect(room.take(LARGE_BYTES)).toBe(first)
  })
})

test('both ways to take a mask off are equal', () => {
  const mask = Uint8Array.of(1, 2, 3, 200)
  for (const size of [0, 1, 3, 4, 31, 1000]) {
    const [one, other] = [bytesOf(size, 7), bytesOf(size, 7)]
    unmask(one, mask)
    unmaskPlainly(other, mask)
    expect(one).toEqual(other)
  }
})
