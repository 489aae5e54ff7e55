import { accuracyRises } from './accuracy.ts'
import type { Checker } from './evidence.ts'
import { nobodyBlamed } from './blame.ts'
import { countedOnce } from './counted-once.ts'
import { equalDigests } from './digests.ts'
import { talliesExact } from './tallies.ts'
import { neverKilled } from './unkilled.ts'
import { verdictsStand } from './verdicts.ts'

/** Everything that must hold of any scenario, by name. */
export const CHECKERS: Readonly<Record<string, Checker>> = {
  'counted once': countedOnce,
  'tallies exact': talliesExact,
  'equal digests': equalDigests,
  'verdicts stand': verdictsStand,
  'never killed': neverKilled,
  'nobody blamed': nobodyBlamed,
  'accuracy rises': accuracyRises,
}
