import type { TrafficReport } from '@quorate/shared/protocol/messages'
import { noTraffic } from '@quorate/shared/protocol/traffic'

type Counters = { -readonly [K in keyof TrafficReport]: TrafficReport[K] }

/** The counter of slices that went each way. */
const SLICES = {
  direct: 'slicesDirect',
  turn: 'slicesTurn',
  relayed: 'slicesRelayed',
  alone: 'slicesAlone',
} as const

/** Counts this contributor's bytes by kind of content. */
export class TrafficMeter {
  readonly #count: Counters = { ...noTraffic }

  /** `alone`: a group of one has no owner to reach, so nothing was relayed. */
  ballotSent(sizeBytes: number, way: keyof typeof SLICES): void {
    this.#count.ballotsSent += sizeBytes
    this.#count[SLICES[way]] += 1
  }

  add(
    kind: Exclude<keyof TrafficReport, (typeof SLICES)[keyof typeof SLICES] | 'controlSent'>,
    sizeBytes: number,
  ): void {
    this.#count[kind] += sizeBytes
  }

  /** `controlSent`: bytes of messages, which the link counts. */
  report(controlSent: number): TrafficReport {
    return { ...this.#count, controlSent }
  }
}
