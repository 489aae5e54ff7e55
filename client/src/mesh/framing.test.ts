import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Accepted } from './framing.ts'
import {
  MAX_FRAME_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_OPEN_FRAMES,
  messagesOf,
  PART_BYTES,
  Reassembler,
  STALE_MS,
} from './framing.ts'

function frameOf(sizeBytes: number, salt = 0): Uint8Array {
  return Uint8Array.from({ length: sizeBytes }, (_, i) => (i * 31 + salt) % 251)
}

function acceptAll(reassembler: Reassembler, messages: Iterable<Uint8Array>): Accepted[] {
  return Array.from(messages, (message) => reassembler.accept(message, 0))
}

const frames = (accepted: readonly Accepted[]) =>
  accepted.flatMap((result) => (result.kind === 'frame' ? [result.frame] : []))

describe('framing', () => {
  it.each([1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 5 * PART_BYTES, MAX_FRAME_BYTES])(
    'carries a frame of %d bytes',
    (sizeBytes) => {
      const messages = [...messagesOf(frameOf(sizeBytes), 7)]
      expect(Math.max(...messages.map((m) => m.byteLength))).toBeLessThanOrEqual(MAX_MESSAGE_BYTES)
      const reassembler = new Reassembler()
      const accepted = acceptAll(reassembler, messages)
      expect(accepted.slice(0, -1).every(({ kind }) => kind === 'more')).toBe(true)
      expect(sameBytes(frames(accepted)[0], frameOf(sizeBytes))).toBe(true)
      expect(reassembler.heldBytes).toBe(0)
    },
  )

  it('writes the header of the worked example', () => {
    const [message] = messagesOf(Uint8Array.of(9, 8), 258)
    expect([...(message ?? [])]).toEqual([2, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 9, 8])
  })

  it.each([0, MAX_FRAME_BYTES + 1])('does not send a frame of %d bytes', (sizeBytes) => {
    expect(() => [...messagesOf(new Uint8Array(sizeBytes), 0)]).toThrow(RangeError)
  })

  it('keeps up to four frames apart that arrive mixed', () => {
    const order = fc.array(fc.nat(MAX_OPEN_FRAMES - 1), { minLength: 40, maxLength: 40 })
    fc.assert(
      fc.property(order, (picks) => {
        const sent = [0, 1, 2, 3].map((n) => frameOf((n + 1) * PART_BYTES, n))
        const queues = sent.map((frame, n) => [...messagesOf(frame, n)])
        const mixed = [...picks, ...queues.flatMap((queue, n) => queue.map(() => n))]
          .map((n) => queues[n]?.shift())
          .filter((message) => message !== undefined)
        const got = frames(acceptAll(new Reassembler(), mixed))
        expect(got.map((frame) => frame.byteLength).sort()).toEqual(
          sent.map((frame) => frame.byteLength).sort(),
        )
        expect(got.every((frame) => sent.some((other) => sameBytes(frame, other)))).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  it('drops the oldest frame when a fifth is begun', () => {
    const reassembler = new Reassembler()
    const queues = [0, 1, 2, 3, 4].map((n) => [...messagesOf(frameOf(2 * PART_BYTES), n)])
    acceptAll(
      reassembler,
      queues.flatMap((queue) => queue.slice(0, 1)),
    )
    expect(reassembler.heldBytes).toBe(4 * 2 * PART_BYTES)
    const ends = acceptAll(
      reassembler,
      queues.flatMap((queue) => queue.slice(1)),
    )
    expect(ends.map((end) => (end.kind === 'refused' ? end.fault : end.kind))).toEqual([
      'PART_ORDER',
      'frame',
      'frame',
      'frame',
      'frame',
    ])
  })

  it('drops a frame whose next part does not come', () => {
    const reassembler = new Reassembler()
    const [first, second] = messagesOf(frameOf(PART_BYTES + 1), 0)
    const [other] = messagesOf(frameOf(1), 1)
    reassembler.accept(first ?? new Uint8Array(), 0)
    reassembler.accept(other ?? new Uint8Array(), STALE_MS + 1)
    expect(reassembler.heldBytes).toBe(0)
    expect(reassembler.accept(second ?? new Uint8Array(), STALE_MS + 1).kind).toBe('refused')
  })

  it('refuses parts that come twice, early, or with another size', () => {
    const [first, second] = messagesOf(frameOf(PART_BYTES + 1), 0)
    const [, otherSize] = messagesOf(frameOf(PART_BYTES + 2), 0)
    const fault = (...messages: (Uint8Array | undefined)[]) => {
      const last = acceptAll(new Reassembler(), messages as Uint8Array[]).at(-1)
      return last?.kind === 'refused' ? last.fault : last?.kind
    }
    expect(fault(second)).toBe('PART_ORDER')
    expect(fault(first, second, second)).toBe('PART_ORDER')
    expect(fault(first, otherSize)).toBe('PART_ORDER')
    expect(fault(first?.subarray(0, 100))).toBe('PART_SIZE')
    expect(fault(first?.subarray(0, 15))).toBe('MESSAGE_SIZE')
  })

  it('answers any bytes within its bounds and still takes a good frame', () => {
    const u32 = fc.oneof(
      fc.nat(4),
      fc.constantFrom(PART_BYTES, MAX_FRAME_BYTES, 0xffffffff),
      fc.nat(),
    )
    const crafted = fc
      .tuple(u32, u32, u32, u32, fc.nat(40))
      .map(([number, part, total, length, extra]) => {
        const message = new Uint8Array(16 + (extra === 40 ? PART_BYTES : extra))
        const header = new DataView(message.buffer)
        ;[number, part, total, length].forEach((value, i) => header.setUint32(4 * i, value, true))
        return message
      })
    const anything = fc.oneof(fc.uint8Array({ maxLength: 64 }), crafted)
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 60 }), (messages) => {
        const reassembler = new Reassembler()
        for (const { kind } of acceptAll(reassembler, messages)) {
          expect(['frame', 'more', 'refused']).toContain(kind)
        }
        expect(reassembler.heldBytes).toBeLessThanOrEqual(MAX_OPEN_FRAMES * MAX_FRAME_BYTES)
        expect(frames(acceptAll(reassembler, messagesOf(frameOf(300), 5)))).toHaveLength(1)
      }),
      { numRuns: 300 },
    )
  })
})

/** toEqual is slow on megabytes. */
function sameBytes(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a?.byteLength === b.byteLength && a.every((byte, i) => byte === b[i])
}
