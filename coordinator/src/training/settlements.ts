import type { LedgerRecord } from '@quorate/shared/wire/record'
import type { Settled } from '@quorate/shared/wire/turn'

/** What a ledger entry says: of each of its voters, by contributor number, and of everyone else. */
export interface RoundSettlements {
  readonly voters: ReadonlyMap<number, Settled>
  /** To whoever had cast a ballot all the same: it was counted nowhere. */
  readonly others: Settled
}

/** Who was counted, by slice. */
export function votersOf(
  record: Exclude<LedgerRecord, { kind: 'calibration' }>,
): readonly (readonly number[])[] {
  if (record.kind === 'vectors') return [record.vectors.voters]
  return record.tally.slices.map(({ voters }) => voters)
}

export function settlementsOf(
  { round, attempt }: { round: number; attempt: number },
  voters: readonly (readonly number[])[],
  valid: readonly boolean[],
): RoundSettlements {
  const settled = (counted: boolean[]): Settled => ({ round, attempt, counted })
  const nowhere = () => voters.map(() => false)
  const counted = new Map<number, boolean[]>()
  voters.forEach((inSlice, slice) => {
    if (!valid[slice]) return
    for (const voter of inSlice) {
      const slices = counted.get(voter) ?? nowhere()
      slices[slice] = true
      counted.set(voter, slices)
    }
  })
  return {
    voters: new Map([...counted].map(([voter, slices]) => [voter, settled(slices)])),
    others: settled(nowhere()),
  }
}
