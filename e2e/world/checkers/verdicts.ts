import type { Checker } from './evidence.ts'
import { sameBytes } from '../witness.ts'

/** No verdict is changed: what was ever sent was on disk by then, and the ledger still says so. */
export const verdictsStand: Checker = ({ witness }) =>
  witness.verdicts.flatMap(({ round, attempt, frame, onDisk }) => {
    const entry = witness.entries.find((one) => one.attempt === attempt && one.round === round)
    const name = `round ${round}, attempt ${attempt}`
    if (!entry) return [`${name} was sent, and the ledger does not have it`]
    if (!sameBytes(entry.frame, frame)) return [`${name} was sent otherwise than recorded`]
    return onDisk ? [] : [`${name} was sent before it was on disk`]
  })
