import type { CoordinatorMessage, MessageOf } from '@quorate/shared/protocol/messages'
import type { MergedTally } from '@quorate/shared/tally/tally'

export type Settlement = MessageOf<CoordinatorMessage, 'settled'>

/** What a ledger entry says: of each of its voters, by contributor number, and of everyone else. */
export interface RoundSettlements {
  readonly voters: ReadonlyMap<number, Settlement>
  /** To whoever had cast a ballot all the same: it was counted nowhere. */
  readonly others: Settlement
}

export function settlementsOf(
  { round, attempt }: { round: number; attempt: number },
  tally: MergedTally,
  valid: readonly boolean[],
): RoundSettlements {
  const settled = (counted: boolean[]): Settlement => ({ type: 'settled', round, attempt, counted })
  const nowhere = () => tally.slices.map(() => false)
  const counted = new Map<number, boolean[]>()
  for (const { slice, voters } of tally.slices) {
    if (!valid[slice.index]) continue
    for (const voter of voters) {
      const slices = counted.get(voter) ?? nowhere()
      slices[slice.index] = true
      counted.set(voter, slices)
    }
  }
  return {
    voters: new Map([...counted].map(([voter, slices]) => [voter, settled(slices)])),
    others: settled(nowhere()),
  }
}
