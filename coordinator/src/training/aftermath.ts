import type { FeedMessage, RoundMetrics } from '@quorate/shared/api/api'
import type { Checkpoints } from './checkpoints.ts'
import { contributionBytes } from './contribution-bytes.ts'
import type { Contributor } from './contributor.ts'
import type { EventLog } from './event-log.ts'
import type { Leasing } from './leasing.ts'
import { logNotFinite } from './not-finite.ts'
import type { NotFiniteCount } from './not-finite.ts'
import type { StoredRun } from './ports.ts'
import type { Roster } from './roster.ts'
import type { RoundAtWork } from './round-at-work.ts'
import type { RoundBook } from './round-book.ts'
import type { RunModel } from './run-model.ts'
import { logResting } from './settle-round.ts'
import type { SettledRound } from './settle-round.ts'
import { logSlow } from './slow-readers.ts'

/** A digest of the coordinator's replica is kept at every tenth round. */
export const DIGEST_EVERY = 10

interface AftermathParts {
  readonly stored: StoredRun
  readonly model: RunModel
  readonly roster: Roster
  readonly book: RoundBook
  readonly events: EventLog
  readonly checkpoints: Checkpoints
  readonly emit: (message: FeedMessage) => void
}

/** What is known of a round once its verdict has been sent. */
export interface RoundPast {
  /** By slice, who was counted. */
  readonly counted: readonly ReadonlySet<number>[]
  readonly closedAtMs: number
  readonly sentAtMs: number
  readonly verdictBytes: number
  /** Openings that the round took, and ballots that came too late for one. */
  readonly attempts: number
  readonly lateBallots: number
  readonly ended: SettledRound
  /** Left out from this verdict on. */
  readonly slow: readonly Contributor[]
  readonly notFinite: NotFiniteCount
}

/**
 * What follows a decided round once everybody has been told: step, figures, events, digest and
 * checkpoint. No contributor waits for any of it, and a restart does without.
 */
export function followUp(
  work: RoundAtWork,
  past: RoundPast,
  { leasing, ...parts }: AftermathParts & { readonly leasing: Leasing },
): void {
  const { model, events, book, checkpoints, roster } = parts
  const { round } = work.plan
  model.catchUp()
  if (past.attempts === 1) logNotFinite(round, past.notFinite, events)
  account(work, past, parts)
  logResting(round, past.ended, events)
  logSlow(round, past.slow, events)
  leasing.save()
  if (model.round % DIGEST_EVERY === 0) book.keepDigest(model.round, model.digest())
  if (!checkpoints.due(model.round)) return
  void checkpoints.make(model)
  // Rounds before a checkpoint are not read again after a restart.
  for (const contributor of roster.present()) leasing.remember(contributor)
}

function account(
  work: RoundAtWork,
  past: RoundPast,
  { book, model, emit, events, stored }: AftermathParts,
): void {
  const metrics: RoundMetrics = book.roundDecided(work, {
    ...past,
    contributionBytes: (size) => contributionBytes(model.method, size, model),
  })
  emit({ type: 'round', run: stored.id, metrics })
  const { round, expected, voters } = metrics
  const absent = expected - voters
  if (absent === 0) return
  events.add('info', 'absent', `${absent} of ${expected} were not counted.`, round)
}
