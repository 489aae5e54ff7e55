import type { TrafficReport } from '@quorate/shared/protocol/messages'
import { noTraffic } from '@quorate/shared/protocol/traffic'

type Counters = { -readonly [K in keyof TrafficReport]: TrafficReport[K] }

/** Counts this contributor's bytes by kind of content. */
export class TrafficMeter {
  readonly #count: Counters = { ...noTraffic }

  /** `alone`: a group of one has no owner to reach, so nothing was relayed. */
  ballotSent(sizeBytes: number, way: 'direct' | 'relayed' | 'alone'): void {
    this.#count.ballotsSent += sizeBytes
    if (way === 'direct') this.#count.slicesDirect += 1
    if (way === 'relayed') this.#count.slicesRelayed += 1
  }

  add(
    kind: Exclude<keyof TrafficReport, 'slicesDirect' | 'slicesRelayed' | 'controlSent'>,
    sizeBytes: number,
  ): void {
    this.#count[kind] += sizeBytes
  }

  /** `controlSent`: bytes of messages, which the link counts. */
  report(controlSent: number): TrafficReport {
    return { ...this.#count, controlSent }
  }
}
