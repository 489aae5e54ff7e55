import type { RoundMetrics } from '@quorate/shared/api/api'

/** What the last rounds cost on average; per contributor where it says so. */
export interface RoundSums {
  readonly ballotBytes: number
  readonly tallyBytes: number
  readonly verdictBytes: number
  /** Share of ballot slices that went peer to peer; null before the first slice. */
  readonly direct: number | null
  readonly relayed: number
  readonly late: number
  /** Attempts beyond the first of each round. */
  readonly extraAttempts: number
  readonly agreement: number | null
}

/** null before the first round with a voter. */
export function sumRounds(rounds: readonly RoundMetrics[]): RoundSums | null {
  const sum = (pick: (round: RoundMetrics) => number) =>
    rounds.reduce((total, round) => total + pick(round), 0)
  const voters = sum((round) => round.voters)
  if (voters === 0) return null
  const slicesDirect = sum((round) => round.slicesDirect)
  const relayed = sum((round) => round.slicesRelayed)
  const known = rounds.flatMap(({ agreement }) => (agreement === null ? [] : [agreement]))
  return {
    ballotBytes: sum((round) => round.ballotBytes) / voters,
    tallyBytes: sum((round) => round.tallyBytes) / voters,
    verdictBytes: sum((round) => round.verdictBytes) / rounds.length,
    direct: slicesDirect + relayed === 0 ? null : slicesDirect / (slicesDirect + relayed),
    relayed,
    late: sum((round) => round.lateBallots),
    extraAttempts: sum((round) => Math.max(0, round.attempts - 1)),
    agreement: known.length === 0 ? null : known.reduce((a, b) => a + b, 0) / known.length,
  }
}
