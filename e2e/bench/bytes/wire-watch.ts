/** What one page sends and receives, counted at the browser's own sockets and data channels. */
import type { BrowserContext } from '@playwright/test'
import { kindOfFrame, splitFrames } from '@quorate/shared/wire/frame'

/** Bytes of a round by what they are. `channel`: over WebRTC, with its messages' own headers. */
export type WireKind = 'channel' | 'ballot' | 'tally' | 'verdict' | 'turn' | 'audit'

/** Bytes by kind and round; a kind that none of came is not there. */
export type WireCount = ReadonlyMap<number, ReadonlyMap<WireKind, number>>

type Watched = typeof globalThis & { quorateSent?: [round: number, sizeBytes: number][] }

/** Where the round stands in a frame's header. */
const ROUND_AT = 8
/** Of a message between members, before the first part of a frame. */
const MESSAGE_HEADER_BYTES = 16

/** Counts from the context's first page on; what comes back tells what there is so far. */
export async function watchWire(context: BrowserContext): Promise<() => Promise<WireCount>> {
  const rounds = new Map<number, Map<WireKind, number>>()
  const add = (round: number, kind: WireKind, sizeBytes: number) => {
    const of = rounds.get(round) ?? new Map<WireKind, number>()
    rounds.set(round, of)
    of.set(kind, (of.get(kind) ?? 0) + sizeBytes)
  }
  await context.addInitScript(watchChannels, MESSAGE_HEADER_BYTES + ROUND_AT)
  context.on('page', (page) => {
    page.on('websocket', (socket) => {
      if (!socket.url().endsWith('/ws')) return
      const count = ({ payload }: { payload: string | Buffer }) => {
        if (typeof payload === 'string') return
        for (const frame of splitFrames(new Uint8Array(payload))) {
          const kind = kindOfFrame(frame)
          if (kind === 'vector') continue
          add(Buffer.from(frame).readUInt32LE(ROUND_AT), kind, frame.length)
        }
      }
      socket.on('framesent', count)
      socket.on('framereceived', count)
    })
  })
  return async () => {
    const sent = await Promise.all(
      context.pages().map((page) => page.evaluate(() => (globalThis as Watched).quorateSent ?? [])),
    )
    const whole = new Map([...rounds].map(([round, kinds]) => [round, new Map(kinds)]))
    for (const [round, sizeBytes] of sent.flat()) {
      const of = whole.get(round) ?? new Map<WireKind, number>()
      whole.set(round, of)
      of.set('channel', (of.get('channel') ?? 0) + sizeBytes)
    }
    return whole
  }
}

/** Runs in the page, before its scripts. A frame of more than one part is not told apart here. */
function watchChannels(roundAt: number): void {
  const sent: [number, number][] = []
  const { send } = RTCDataChannel.prototype
  RTCDataChannel.prototype.send = function (this: RTCDataChannel, data: never) {
    const bytes = data as unknown as ArrayBuffer | Uint8Array
    const view =
      bytes instanceof ArrayBuffer
        ? new DataView(bytes)
        : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (view.byteLength > roundAt + 4) sent.push([view.getUint32(roundAt, true), view.byteLength])
    send.call(this, data)
  }
  ;(globalThis as Watched).quorateSent = sent
}
