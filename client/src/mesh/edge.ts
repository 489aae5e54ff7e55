import type { CancelTimer, Clock } from '@quorate/shared/clock/clock'
import { MAX_FRAME_BYTES, messagesOf, Reassembler } from './framing.ts'
import type { Channel, ChannelEvent, EdgeRoute } from './signalling.ts'

const CONNECT_DEADLINE_MS = 8000
/** Sending stops above, and goes on below. */
const BUFFER_HIGH_BYTES = 512 * 1024
const BUFFER_LOW_BYTES = 128 * 1024
/** Frames that may wait for their turn on one edge. */
const MAX_WAITING_FRAMES = 16
/** Messages that make no sense before the edge is closed. */
const MAX_FAULTS = 8

export interface EdgeEvents {
  frame(edge: Edge, frame: Uint8Array): void
  /** After `openForMs`, 0 if it never opened. Not after `close`: that was asked for. */
  closed(edge: Edge, openForMs: number): void
}

interface Sending {
  readonly messages: Iterator<Uint8Array<ArrayBuffer>>
  readonly cancelDeadline: CancelTimer
  readonly done: (outcome: 'sent' | 'unreachable') => void
}

/** One connection to one member: whole frames, one after the other, each with a deadline. */
export class Edge {
  readonly peer: string
  /** Direct until the channel knows better. */
  route: EdgeRoute = 'direct'
  readonly #channel: Channel
  readonly #clock: Clock
  readonly #events: EdgeEvents
  readonly #reassembler = new Reassembler()
  #state: 'connecting' | 'open' | 'closed' = 'connecting'
  #cancelConnect: CancelTimer
  #faults = 0
  #nextNumber = 0
  #sending: Sending[] = []
  #openedMs = 0

  constructor(channel: Channel, clock: Clock, events: EdgeEvents) {
    this.peer = channel.peer
    this.#channel = channel
    this.#clock = clock
    this.#events = events
    this.#cancelConnect = clock.after(CONNECT_DEADLINE_MS, () => this.#lost())
    channel.listen((event) => this.#heard(event))
  }

  get open(): boolean {
    return this.#state === 'open'
  }

  /** As `Mesh.send`. */
  send(frame: Uint8Array, deadlineMs: number): Promise<'sent' | 'unreachable'> {
    const fits = frame.byteLength > 0 && frame.byteLength <= MAX_FRAME_BYTES
    if (!fits || !this.open || this.#sending.length >= MAX_WAITING_FRAMES) {
      return Promise.resolve('unreachable')
    }
    return new Promise((resolve) => {
      const sending: Sending = {
        messages: messagesOf(frame, this.#nextNumber++),
        cancelDeadline: this.#clock.after(deadlineMs, () => this.#finish(sending, 'unreachable')),
        done: resolve,
      }
      this.#sending.push(sending)
      if (this.#sending.length === 1) this.#pump()
    })
  }

  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#cancelConnect()
    for (const sending of [...this.#sending]) this.#finish(sending, 'unreachable')
    this.#channel.close()
  }

  #heard(event: ChannelEvent): void {
    if (this.#state === 'closed') return
    switch (event.kind) {
      case 'open':
        if (this.#state === 'open') return
        this.#cancelConnect()
        this.#state = 'open'
        this.#openedMs = this.#clock.nowMs()
        return
      case 'route':
        this.route = event.route
        return
      case 'message':
        this.#accept(event.message)
        return
      case 'closed':
        this.#lost()
    }
  }

  #accept(message: Uint8Array): void {
    const accepted = this.#reassembler.accept(message, this.#clock.nowMs())
    if (accepted.kind === 'frame') this.#events.frame(this, accepted.frame)
    if (accepted.kind === 'refused' && ++this.#faults >= MAX_FAULTS) this.#lost()
  }

  #lost(): void {
    if (this.#state === 'closed') return
    const openForMs = this.open ? this.#clock.nowMs() - this.#openedMs : 0
    this.close()
    this.#events.closed(this, openForMs)
  }

  /** Feeds the channel as far as its buffer allows; comes back when that has drained. */
  #pump(): void {
    for (let current = this.#sending[0]; current && this.open; current = this.#sending[0]) {
      if (this.#channel.bufferedAmount > BUFFER_HIGH_BYTES) {
        this.#channel.whenBelow(BUFFER_LOW_BYTES, () => this.#pump())
        return
      }
      const next = current.messages.next()
      if (!next.done) {
        this.#channel.send(next.value)
      } else if (this.#channel.bufferedAmount > 0) {
        this.#channel.whenBelow(0, () => this.#pump())
        return
      } else {
        this.#finish(current, 'sent')
      }
    }
  }

  #finish(sending: Sending, outcome: 'sent' | 'unreachable'): void {
    sending.cancelDeadline()
    const first = this.#sending[0] === sending
    this.#sending = this.#sending.filter((other) => other !== sending)
    sending.done(outcome)
    // The one behind had waited for this one, which a deadline may have ended.
    if (first && outcome === 'unreachable' && this.open) this.#pump()
  }
}
