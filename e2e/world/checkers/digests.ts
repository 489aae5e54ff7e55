import type { Checker } from './evidence.ts'
import { replay } from './unkilled.ts'

/** All replicas are equal at equal rounds, and equal to what the ledger makes of checkpoint 0. */
export const equalDigests: Checker = (evidence) => {
  const expected = replay(evidence)
  return evidence.witness.digests
    .filter(({ round, digest }) => expected.get(round) !== digest)
    .map(({ who, round, digest }) => `${who} at round ${round}: ${digest.slice(0, 12)}`)
}
