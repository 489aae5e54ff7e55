import type { Clock } from '@quorate/shared/clock/clock'
import type { Settled } from '@quorate/shared/wire/turn'
import type { Contributor } from './contributor.ts'
import type { EventLog } from './event-log.ts'
import type { LeaseBook } from './lease-book.ts'
import type { StoredRun } from './ports.ts'
import type { Roster } from './roster.ts'
import type { RoundAtWork } from './round-at-work.ts'

/** What became of a round that has closed. */
export type Outcome =
  /** By slice, who was counted. */
  | { readonly kind: 'decided'; readonly counted: readonly ReadonlySet<number>[] }
  /** Too few voters in every slice. */
  | { readonly kind: 'void' }
  /** Ended from outside before its time: nobody is to blame. */
  | { readonly kind: 'abandoned' }

/** A round that has closed: what its members are to be told, and who rests now. */
export interface SettledRound {
  readonly settled: ReadonlyMap<number, Settled>
  readonly resting: readonly { readonly contributor: Contributor; readonly restMs: number }[]
}

interface SettlingParts {
  readonly stored: StoredRun
  readonly roster: Roster
  readonly leases: LeaseBook
  readonly clock: Clock
}

/** Reckons for every participant which slices of its ballot counted, and what follows from it. */
export function settleRound(
  work: RoundAtWork,
  outcome: Outcome,
  parts: SettlingParts,
): SettledRound {
  const { round, attempt, groups } = work.plan
  const settled = new Map<number, Settled>()
  const resting: { contributor: Contributor; restMs: number }[] = []
  for (const number of groups.flatMap((group) => group.members)) {
    const contributor = parts.roster.get(number)
    if (!contributor) continue
    const counted =
      outcome.kind === 'decided' ? outcome.counted.map((voters) => voters.has(number)) : null
    const settlement = { round, attempt, counted }
    contributor.settled(settlement)
    settled.set(number, settlement)
    if (outcome.kind === 'abandoned') continue
    credit(contributor, { counted, owed: work.owed(number) }, parts)
    // Who answers with silence, or keeps its reports back, is left out for a while: everybody had waited for it in vain.
    const silent = (!counted?.includes(true) && work.silent(number)) || work.withheld(number)
    const restMs = contributor.asked(silent, parts.clock.nowMs())
    if (restMs > 0) resting.push({ contributor, restMs })
  }
  return { settled, resting }
}

/** For the operator: who is left out for a while. */
export function logResting(round: number, { resting }: SettledRound, events: EventLog): void {
  for (const { contributor, restMs } of resting) {
    const text = `${contributor.name} sends no ballots or reports; it is not asked for ${restMs / 1000} s.`
    events.add('warn', 'silent', text, round, contributor.name)
  }
}

/** `counted`: by slice, null for a void round; `owed`: it had been asked for a ballot. */
function credit(
  contributor: Contributor,
  { counted, owed }: { counted: readonly boolean[] | null; owed: boolean },
  { leases, clock, stored }: SettlingParts,
): void {
  const any = counted?.includes(true) ?? false
  if (any) {
    contributor.roundsCounted += 1
    leases.renew(contributor.number, clock.nowMs())
  } else if (owed && counted) contributor.roundsMissed += 1
  if (any || owed) contributor.adaptBatch(any, stored.settings.batch)
}
