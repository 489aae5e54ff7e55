import type { TrafficReport } from './messages.ts'

/** Nothing sent or received yet. */
export const noTraffic: TrafficReport = {
  ballotsSent: 0,
  ballotsReceived: 0,
  talliesSent: 0,
  verdictsReceived: 0,
  controlSent: 0,
  controlReceived: 0,
  downloads: 0,
  slicesDirect: 0,
  slicesTurn: 0,
  slicesRelayed: 0,
  slicesAlone: 0,
}
