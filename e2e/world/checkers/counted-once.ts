import { decodeRecord } from '@quorate/shared/wire/record'
import { ledgerFaults } from '../checks.ts'
import { sizeOf } from './size-of.ts'
import type { Checker } from './evidence.ts'

/** No ballot counts twice: a voter once a slice, an attempt once a ledger, a round once decided. */
export const countedOnce: Checker = (evidence) => {
  const { witness } = evidence
  const faults = ledgerFaults(witness.entries)
  for (const { attempt, record } of witness.entries) {
    const decoded = decodeRecord(record, sizeOf(evidence))
    if (decoded.kind === 'calibration') continue
    const rolls =
      decoded.kind === 'round'
        ? decoded.tally.slices.map(({ voters }) => voters)
        : [decoded.vectors.voters]
    rolls.forEach((voters, slice) => {
      if (new Set(voters).size !== voters.length) {
        faults.push(`attempt ${attempt}, slice ${slice}: voters ${voters.join()}`)
      }
      for (const voter of voters) {
        if (!witness.cast(attempt, voter)) {
          faults.push(`attempt ${attempt}: ${voter} counts, and has cast nothing`)
        }
      }
    })
  }
  return faults
}
