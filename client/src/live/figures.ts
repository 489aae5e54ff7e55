import type { RunView } from '@quorate/shared/api/api'
import type { Followed } from './feed.svelte.ts'

/** Where a run stands now: its last announced view, brought up to date by the rounds since. */
export interface Figures {
  /** Rounds decided. */
  readonly round: number
  readonly rounds: number
  readonly accuracy: number | null
  readonly loss: number | null
  /** Of the evaluation that accuracy and loss are from. */
  readonly accuracyRound: number | null
  readonly contributors: number
  readonly ready: number
  readonly roundMs: number | null
  readonly timeLeftMs: number | null
}

const RECENT_ROUNDS = 20

/** `knownRound`: rounds decided as far as the page knows from elsewhere. */
export function figuresOf(run: RunView, followed: Followed | null, knownRound = 0): Figures {
  const mine = followed?.run === run.id ? followed : null
  const newest = mine?.history.rounds.at(-1)
  const point = mine?.history.curve.at(-1)
  const round = Math.max(run.round, newest ? newest.round + 1 : 0, knownRound)
  const roundMs = recentRoundMs(mine, run) ?? run.roundMs
  const moving = run.state.kind === 'training'
  return {
    round,
    rounds: run.settings.rounds,
    accuracy: point?.accuracy ?? run.accuracy,
    loss: point?.loss ?? run.loss,
    accuracyRound: point?.round ?? run.accuracyRound,
    contributors: mine?.contributors?.length ?? run.contributors,
    ready: mine?.contributors?.filter(({ status }) => status === 'ready').length ?? run.ready,
    roundMs,
    timeLeftMs: moving && roundMs !== null ? (run.settings.rounds - round) * roundMs : null,
  }
}

function recentRoundMs(followed: Followed | null, run: RunView): number | null {
  const recent = followed?.history.rounds.slice(-RECENT_ROUNDS) ?? []
  if (recent.length === 0) return null
  const durations = recent.map(({ durationMs }) => durationMs).sort((a, b) => a - b)
  const median = durations[Math.floor(durations.length / 2)] ?? 0
  return Math.max(median, run.settings.minRoundMs)
}
