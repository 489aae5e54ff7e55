import type { TrafficReport } from '@quorate/shared/protocol/messages'

export interface TrafficRow {
  readonly kind: 'votes' | 'tallies' | 'verdicts' | 'control' | 'downloads'
  readonly up: number
  readonly down: number
}

export function trafficRows(traffic: TrafficReport): readonly TrafficRow[] {
  return [
    { kind: 'votes', up: traffic.ballotsSent, down: traffic.ballotsReceived },
    { kind: 'tallies', up: traffic.talliesSent, down: 0 },
    { kind: 'verdicts', up: 0, down: traffic.verdictsReceived },
    { kind: 'control', up: traffic.controlSent, down: traffic.controlReceived },
    { kind: 'downloads', up: 0, down: traffic.downloads },
  ]
}

/**
 * How many times more bytes float32 would take for the same ballots and verdicts: d numbers of
 * 32 bits up and down in each of `rounds` rounds. null before the first.
 */
export function float32Times(traffic: TrafficReport, d: number, rounds: number): number | null {
  const sent = traffic.ballotsSent + traffic.verdictsReceived
  return sent === 0 || rounds === 0 ? null : (rounds * 2 * 4 * d) / sent
}
