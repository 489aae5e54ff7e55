import type { RoundMetrics, RunView } from '@quorate/shared/api/api'
import { DEADLINE_WINDOW, median } from '@quorate/shared/round/deadlines'
import { proofBytes } from '@quorate/shared/wire/proof'
import type { EventLog } from './event-log.ts'
import type { Store } from './ports.ts'
import type { RoundAtWork } from './round-at-work.ts'

/** Digests of the last so many multiples of ten rounds can be compared with reports. */
const DIGESTS_KEPT = 50

/** Rounds whose figures the book has in memory. */
export const RECENT_ROUNDS = DEADLINE_WINDOW

/** Figures of the rounds decided: recent ones in memory, all of them in the database. */
export class RoundBook {
  readonly #run: string
  readonly #store: Store
  readonly #events: EventLog
  #exchangesMs: number[] = []
  #roundsMs: number[] = []
  #lastDecidedAtMs: number | null = null
  #evaluation: Pick<RunView, 'accuracy' | 'loss' | 'accuracyRound'> = {
    accuracy: null,
    loss: null,
    accuracyRound: null,
  }
  readonly #digests = new Map<number, string>()

  constructor(run: string, store: Store, events: EventLog) {
    this.#run = run
    this.#store = store
    this.#events = events
  }

  /** What the database remembers, after a restart. */
  restore(
    rounds: readonly RoundMetrics[],
    evaluation: { round: number; accuracy: number; loss: number } | null,
  ): void {
    const recent = rounds.slice(-RECENT_ROUNDS)
    this.#exchangesMs = recent.map((round) => round.exchangeMs)
    this.#roundsMs = recent.map((round) => round.durationMs)
    if (evaluation) {
      const { round, accuracy, loss } = evaluation
      this.#evaluation = { accuracy, loss, accuracyRound: round + 1 }
    }
  }

  /** Opening to last tally of recent rounds. */
  exchangesMs(): readonly number[] {
    return this.#exchangesMs
  }

  /** Rounds no longer follow one another: the next one's duration starts at its opening. */
  interrupted(): void {
    this.#lastDecidedAtMs = null
  }

  medianRoundMs(): number | null {
    return this.#roundsMs.length > 0 ? median(this.#roundsMs) : null
  }

  latestEvaluation(): Pick<RunView, 'accuracy' | 'loss' | 'accuracyRound'> {
    return this.#evaluation
  }

  keepDigest(round: number, digest: string): void {
    this.#digests.set(round, digest)
    for (const old of this.#digests.keys()) {
      if (this.#digests.size <= DIGESTS_KEPT) break
      this.#digests.delete(old)
    }
  }

  digestAt(round: number): string | undefined {
    return this.#digests.get(round)
  }

  latestDigest(): RunView['digest'] {
    const last = [...this.#digests].at(-1)
    return last ? { round: last[0], digest: last[1] } : null
  }

  /** `round` decided rounds behind it, the model scored `value` on the test set. */
  evaluated(round: number, value: { accuracy: number; loss: number }): void {
    if (round >= (this.#evaluation.accuracyRound ?? 0)) {
      this.#evaluation = { ...value, accuracyRound: round }
    }
    if (round === 0) return
    this.#keep(this.#store.saveEvaluation(this.#run, round - 1, value))
  }

  /**
   * What the ballot deadline is reckoned by. A round that ran into it says how long the silent
   * were waited for, not how long an exchange takes: tripled each time, that would slow everyone
   * down for one who sends nothing. Only where most were missing the deadline was too short.
   */
  exchanged(work: RoundAtWork, counted: readonly ReadonlySet<number>[]): void {
    const inTime = work.lastTallyAtMs < work.plan.ballotsUntilMs
    if (!inTime && 2 * votersOf(counted) >= expectedOf(work)) return
    this.#exchangesMs = [...this.#exchangesMs, exchangeMsOf(work)].slice(-RECENT_ROUNDS)
  }

  /** The figures of a round that was just decided. */
  roundDecided(
    work: RoundAtWork,
    result: {
      counted: readonly ReadonlySet<number>[]
      closedAtMs: number
      sentAtMs: number
      attempts: number
      lateBallots: number
      verdictBytes: number
      /** Of the frame of a slice of so many coordinates. */
      contributionBytes: (size: number) => number
    },
  ): RoundMetrics {
    const durationMs = result.sentAtMs - (this.#lastDecidedAtMs ?? work.openedAtMs)
    this.#lastDecidedAtMs = result.sentAtMs
    const { relayed, alone } = work.cameHere()
    const counted = result.counted.reduce((sum, voters) => sum + voters.size, 0)
    const metrics: RoundMetrics = {
      round: work.plan.round,
      attempts: result.attempts,
      voters: votersOf(result.counted),
      expected: expectedOf(work),
      learningRate: work.learningRate,
      durationMs,
      exchangeMs: exchangeMsOf(work),
      decideMs: result.sentAtMs - result.closedAtMs,
      ballotBytes: ballotBytes(work, result),
      tallyBytes: work.tallyBytes,
      verdictBytes: result.verdictBytes,
      slicesDirect: counted - relayed - alone,
      slicesRelayed: relayed,
      lateBallots: result.lateBallots,
      agreement: null,
      accuracy: null,
      loss: null,
    }
    this.#roundsMs = [...this.#roundsMs, durationMs].slice(-RECENT_ROUNDS)
    this.#keep(this.#store.appendRounds(this.#run, [metrics]))
    return metrics
  }

  #keep(work: Promise<void>): void {
    work.catch((error: unknown) =>
      this.#events.add('error', 'figures-not-saved', String(error), null),
    )
  }
}

/** Counted in the slice that has most of them. */
function votersOf(counted: readonly ReadonlySet<number>[]): number {
  return Math.max(...counted.map((voters) => voters.size))
}

function expectedOf(work: RoundAtWork): number {
  return work.plan.groups.reduce((sum, group) => sum + group.members.length, 0)
}

function exchangeMsOf(work: RoundAtWork): number {
  return work.lastTallyAtMs - work.openedAtMs
}

/**
 * Frames of the ballot slices that travelled and were counted: of a group of several one to the
 * owner and one to the auditor, each with its proof, but none to oneself.
 */
function ballotBytes(
  work: RoundAtWork,
  result: {
    counted: readonly ReadonlySet<number>[]
    contributionBytes: (size: number) => number
  },
): number {
  const { groups, sliceCount } = work.plan
  return work.slices.reduce((sum, { index, start, end }) => {
    const voters = result.counted[index] ?? new Set()
    const plain = result.contributionBytes(end - start)
    const ofGroups = groups.map(({ members, owners, auditors }) => {
      const voted = members.filter((member) => voters.has(member)).length
      if (members.length === 1) return voted * plain
      const own = [owners[index], auditors[index]].filter((one) => voters.has(one as number))
      return (2 * voted - own.length) * (plain + proofBytes(sliceCount))
    })
    return sum + ofGroups.reduce((all, bytes) => all + bytes, 0)
  }, 0)
}
