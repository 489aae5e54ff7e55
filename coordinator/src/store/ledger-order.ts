interface Decided {
  readonly round: number
  readonly attempt: number
}

/**
 * Whether `next` may stand after the `count` entries of which `last` is the last. Rounds follow
 * each other and attempts grow; only the first round may have two entries: the opening phase
 * (calibration) and its vote.
 */
export function follows(last: Decided | null, next: Decided, count: number): boolean {
  if (last === null) return true
  const isVote = last.round === 0 && next.round === 0 && count === 1
  const inOrder = next.round === last.round + 1 || isVote
  return inOrder && next.attempt > last.attempt
}

/** A bug in the caller when it throws: nothing may be decided twice. */
export function assertFollows(last: Decided | null, next: Decided, count: number): void {
  if (last === null || follows(last, next, count)) return
  throw new Error(
    `ledger: round ${next.round} attempt ${next.attempt} cannot follow ` +
      `round ${last.round} attempt ${last.attempt}`,
  )
}
