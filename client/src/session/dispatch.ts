import type { Clock } from '@quorate/shared/clock/clock'
import type { Link, Mesh } from './ports.ts'
import type { TrafficMeter } from './traffic-meter.ts'

/** How long an edge that did not deliver is left alone: slices go through the coordinator at once. */
const DETOUR_MS = 60_000

/** Edges of the mesh that look open and deliver nothing; outlives rounds. */
export class Detours {
  readonly #clock: Clock
  readonly #untilMs = new Map<number, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  avoid(contributor: number): void {
    this.#untilMs.set(contributor, this.#clock.nowMs() + DETOUR_MS)
  }

  avoided(contributor: number): boolean {
    const nowMs = this.#clock.nowMs()
    for (const [other, untilMs] of this.#untilMs) {
      if (untilMs <= nowMs) this.#untilMs.delete(other)
    }
    return this.#untilMs.has(contributor)
  }
}

export interface DispatchParts {
  readonly link: Link
  readonly mesh: Mesh
  readonly detours: Detours
  readonly traffic: TrafficMeter
  /** Whether this attempt is still the one at work: later nobody wants its slices. */
  readonly current: () => boolean
}

/**
 * One attempt's ballot on its way, slice by slice: to the owner over WebRTC, or to the coordinator
 * where that does not work or where the coordinator asks for it, be it before the ballot is cast.
 */
export class Dispatch {
  readonly attempt: number
  readonly #parts: DispatchParts
  #frames: readonly Uint8Array[] = []
  /** Slices that have no owner any more. */
  readonly #wanted = new Set<number>()
  readonly #relayed = new Set<number>()

  constructor(attempt: number, parts: DispatchParts) {
    this.attempt = attempt
    this.#parts = parts
  }

  /** The ballot is cast: a frame a slice, kept until the next round opens. */
  cast(frames: readonly Uint8Array[]): void {
    this.#frames = frames
    for (const slice of this.#wanted) this.#relay(slice, 'relayed')
  }

  /** The coordinator asks for this slice itself. */
  resend(slice: number): void {
    this.#wanted.add(slice)
    this.#relay(slice, 'relayed')
  }

  /** To the owner, who has `deadlineMs` to take it, or else to the coordinator. */
  async deliver(slice: number, owner: number, deadlineMs: number): Promise<void> {
    const { mesh, detours, traffic } = this.#parts
    const frame = this.#frames[slice]
    if (!frame || this.#wanted.has(slice)) return
    if (mesh.connected.has(owner) && !detours.avoided(owner)) {
      if ((await mesh.send(owner, frame, deadlineMs)) === 'sent') {
        return traffic.ballotSent(frame.length, mesh.byTurn.has(owner) ? 'turn' : 'direct')
      }
      detours.avoid(owner)
    }
    this.#relay(slice, 'relayed')
  }

  /** A group of one: there is no owner but the coordinator. */
  deliverAlone(slice: number): void {
    this.#relay(slice, 'alone')
  }

  #relay(slice: number, way: 'relayed' | 'alone'): void {
    const frame = this.#frames[slice]
    if (!frame || this.#relayed.has(slice) || !this.#parts.current()) return
    if (!this.#parts.link.sendFrame(frame)) return
    this.#relayed.add(slice)
    this.#parts.traffic.ballotSent(frame.length, way)
  }
}
