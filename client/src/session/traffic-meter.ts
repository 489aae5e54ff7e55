import type { TrafficReport } from '@quorate/shared/protocol/messages'

type Counters = { -readonly [K in keyof TrafficReport]: TrafficReport[K] }

/** Counts this contributor's bytes by kind of content. */
export class TrafficMeter {
  readonly #count: Counters = {
    ballotsSent: 0,
    ballotsReceived: 0,
    talliesSent: 0,
    verdictsReceived: 0,
    controlSent: 0,
    controlReceived: 0,
    downloads: 0,
    slicesDirect: 0,
    slicesRelayed: 0,
  }

  /** `alone`: a group of one has no owner to reach, so nothing was relayed. */
  ballotSent(sizeBytes: number, way: 'direct' | 'relayed' | 'alone'): void {
    this.#count.ballotsSent += sizeBytes
    if (way === 'direct') this.#count.slicesDirect += 1
    if (way === 'relayed') this.#count.slicesRelayed += 1
  }

  add(kind: Exclude<keyof TrafficReport, 'slicesDirect' | 'slicesRelayed'>, sizeBytes: number): void {
    this.#count[kind] += sizeBytes
  }

  report(): TrafficReport {
    return { ...this.#count }
  }
}
