import type { Contributor } from './contributor.ts'
import type { EventLog } from './event-log.ts'

/** So much may wait to be read when a verdict is due, or two verdicts where that is more. */
const MOST_WAITING_BYTES = 1024 * 1024
/** A reader that has no more than this left can be told where to go on. */
const DRAINED_BYTES = 64 * 1024

/**
 * Leaves out of the rounds whoever has too much waiting for a verdict of `verdictBytes`: what it
 * would be sent only grows its queue, and it has not seen the rounds before. Returns who was not
 * left out already.
 */
export function leaveOutSlow(
  present: readonly Contributor[],
  verdictBytes: number,
): readonly Contributor[] {
  const most = Math.max(MOST_WAITING_BYTES, 2 * verdictBytes)
  const slow = present.filter(
    ({ behind, connection }) => !behind && (connection?.queuedBytes ?? 0) > most,
  )
  for (const contributor of slow) {
    contributor.behind = true
    contributor.status = 'joining'
  }
  return slow
}

/** Whether one that was left out has read what was waiting, and can be told where to go on. */
export function mayComeBack({ behind, connection }: Contributor): boolean {
  return behind && connection !== null && connection.queuedBytes <= DRAINED_BYTES
}

/** For the operator. */
export function logSlow(
  round: number,
  slow: readonly Contributor[],
  events: Pick<EventLog, 'add'>,
): void {
  for (const { name } of slow) {
    const text = `${name} reads too slowly; it catches up by the ledger.`
    events.add('warn', 'slow-reader', text, round, name)
  }
}
