import type { RoundMetrics } from '@quorate/shared/api/api'

/** A round of four contributors, for tests. */
export const roundOfTests: RoundMetrics = {
  round: 0,
  attempts: 1,
  voters: 4,
  expected: 4,
  learningRate: 0.003,
  durationMs: 250,
  exchangeMs: 100,
  decideMs: 2,
  ballotBytes: 4000,
  tallyBytes: 2000,
  verdictBytes: 1100,
  slicesDirect: 9,
  slicesRelayed: 3,
  lateBallots: 0,
  agreement: null,
  accuracy: null,
  loss: null,
}
