import type { SiegeFigures } from './siege.ts'
import { MOST_GROWTH_MIB } from './siege.ts'

const LONGEST_PAUSE = 5

/** What a siege must not have done. */
export function faultsOf(figures: SiegeFigures): string[] {
  const { rounds, seconds, longestPause, memory, strikes, agree } = figures
  const faults: string[] = []
  if (rounds < seconds) faults.push(`${rounds} rounds in ${seconds} s`)
  if (longestPause > LONGEST_PAUSE) faults.push(`no round for ${longestPause} s`)
  const growth = memory.most - memory.before
  if (growth > MOST_GROWTH_MIB) faults.push(`memory grew by ${growth} MiB`)
  if (strikes > 0) faults.push(`${strikes} strikes against those who train`)
  if (!agree) faults.push('a replica differs, or somebody who trained is gone')
  return faults
}
