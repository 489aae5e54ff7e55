import type { VirtualClock } from '@quorate/shared/clock/virtual-clock'
import type { RTCIceServerLike } from '../../session/ports.ts'
import type { Channel, ChannelEvent, EdgeRoute, OpenSignalling } from '../signalling.ts'

const CONNECT_MS = 100
const TRANSIT_MS = 5
/** What leaves an end's buffer in a millisecond. */
const BYTES_PER_MS = 20_000

/** A signalling server and the network behind it, in one process on a virtual clock. */
export class MemorySignalling {
  readonly #clock: VirtualClock
  readonly #incoming = new Map<string, (channel: Channel) => void>()
  readonly #cut = new Set<string>()
  readonly ends: End[] = []
  /** The servers that each id has been given last. */
  readonly iceServers = new Map<string, readonly RTCIceServerLike[]>()
  /** Which way edges go that open from now on. */
  route: EdgeRoute = 'direct'

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  readonly open: OpenSignalling = ({ id }, iceServers, incoming) => {
    this.#incoming.set(id, incoming)
    this.iceServers.set(id, iceServers)
    const mine: End[] = []
    return {
      dial: (peer) => {
        const near = new End(peer, this.#clock)
        mine.push(near)
        this.ends.push(near)
        this.#clock.after(CONNECT_MS, () => this.#connect(id, near))
        return near
      },
      renew: (others) => void this.iceServers.set(id, others),
      close: () => {
        if (this.#incoming.get(id) === incoming) this.#incoming.delete(id)
        for (const end of mine) end.close()
      },
    }
  }

  /** From now on nothing passes between the two, either way, without either noticing. */
  cut(a: string, b: string): void {
    this.#cut.add(pair(a, b))
    for (const end of this.ends) if (end.between(a, b)) end.stalled = true
  }

  heal(a: string, b: string): void {
    this.#cut.delete(pair(a, b))
    for (const end of this.ends) if (end.between(a, b)) end.stalled = false
  }

  #connect(from: string, near: End): void {
    const incoming = this.#incoming.get(near.peer)
    if (!incoming || near.closed || this.#cut.has(pair(from, near.peer))) return
    const far = new End(from, this.#clock)
    this.ends.push(far)
    near.other = far
    far.other = near
    incoming(far)
    for (const end of [near, far]) {
      end.emit({ kind: 'open' })
      end.emit({ kind: 'route', route: this.route })
    }
  }
}

class End implements Channel {
  readonly peer: string
  readonly #clock: VirtualClock
  #listener: (event: ChannelEvent) => void = () => {}
  #below: { bytes: number; run: () => void } | null = null
  other: End | null = null
  bufferedAmount = 0
  closed = false
  stalled = false

  constructor(peer: string, clock: VirtualClock) {
    this.peer = peer
    this.#clock = clock
  }

  between(a: string, b: string): boolean {
    return pair(this.peer, this.other?.peer ?? '') === pair(a, b)
  }

  listen(listener: (event: ChannelEvent) => void): void {
    this.#listener = listener
  }

  emit(event: ChannelEvent): void {
    if (!this.closed) this.#listener(event)
  }

  send(message: Uint8Array<ArrayBuffer>): void {
    if (this.closed) throw new Error('sent on a closed channel')
    this.bufferedAmount += message.byteLength
    const leaveMs = this.bufferedAmount / BYTES_PER_MS
    this.#clock.after(leaveMs, () => {
      if (this.stalled) return
      this.bufferedAmount -= message.byteLength
      const copy = message.slice()
      this.#clock.after(TRANSIT_MS, () => this.other?.emit({ kind: 'message', message: copy }))
      this.#drained()
    })
  }

  whenBelow(bytes: number, run: () => void): void {
    this.#below = { bytes, run }
    this.#clock.after(0, () => this.#drained())
  }

  close(): void {
    if (this.closed) return
    this.closed = true
    this.#below = null
    this.#clock.after(TRANSIT_MS, () => {
      if (!this.other || this.other.closed || this.stalled) return
      this.other.emit({ kind: 'closed' })
      this.other.closed = true
    })
  }

  #drained(): void {
    const waiting = this.#below
    if (!waiting || this.bufferedAmount > waiting.bytes) return
    this.#below = null
    waiting.run()
  }
}

function pair(a: string, b: string): string {
  return [a, b].sort().join('|')
}
