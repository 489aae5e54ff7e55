import type { CoordinatorMessage, MessageOf } from '@quorate/shared/protocol/messages'
import type { MergedTally } from '@quorate/shared/tally/tally'

export type Settlement = MessageOf<CoordinatorMessage, 'settled'>

/** What a ledger entry says of each of its voters, by contributor number. */
export function settlementsOf(
  { round, attempt }: { round: number; attempt: number },
  tally: MergedTally,
  valid: readonly boolean[],
): Map<number, Settlement> {
  const settlements = new Map<number, Settlement>()
  for (const { slice, voters } of tally.slices) {
    if (!valid[slice.index]) continue
    for (const voter of voters) {
      const counted = settlements.get(voter)?.counted ?? tally.slices.map(() => false)
      counted[slice.index] = true
      settlements.set(voter, { type: 'settled', round, attempt, counted })
    }
  }
  return settlements
}
