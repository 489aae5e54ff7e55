import type { Clock } from '@quorate/shared/clock/clock'
import type { Contributor } from './contributor.ts'
import type { EventLog } from './event-log.ts'
import type { LeaseBook } from './lease-book.ts'
import type { StoredRun } from './ports.ts'
import type { Roster } from './roster.ts'
import type { RoundAtWork } from './round-at-work.ts'

/** What became of a round that has closed. */
export type Outcome =
  | { readonly kind: 'decided'; readonly counted: readonly (readonly number[])[] }
  /** Too few voters in every slice. */
  | { readonly kind: 'void' }
  /** Ended from outside before its time: nobody is to blame. */
  | { readonly kind: 'abandoned' }

interface SettlingParts {
  readonly stored: StoredRun
  readonly roster: Roster
  readonly leases: LeaseBook
  readonly events: EventLog
  readonly clock: Clock
}

/** Tells every participant which slices of its ballot counted, and what follows from it. */
export function settleRound(work: RoundAtWork, outcome: Outcome, parts: SettlingParts): void {
  const { round, attempt, groups } = work.plan
  for (const number of groups.flatMap((group) => group.members)) {
    const contributor = parts.roster.get(number)
    if (!contributor) continue
    const counted =
      outcome.kind === 'decided' ? outcome.counted.map((voters) => voters.includes(number)) : null
    const settlement = { type: 'settled', round, attempt, counted } as const
    contributor.settled(settlement)
    contributor.send(settlement)
    if (outcome.kind === 'abandoned') continue
    credit(contributor, { counted, owed: work.owed(number) }, parts)
    const silent = !counted?.includes(true) && work.silent(number)
    heed(contributor, { silent, round }, parts)
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

/** Who answers with silence is left out for a while: everybody had waited for it in vain. */
function heed(
  contributor: Contributor,
  { silent, round }: { silent: boolean; round: number },
  { clock, events }: SettlingParts,
): void {
  const restMs = contributor.asked(silent, clock.nowMs())
  if (restMs === 0) return
  const text = `${contributor.name} sends no ballots; it is not asked for ${restMs / 1000} s.`
  events.add('warn', 'silent', text, round, contributor.name)
}
