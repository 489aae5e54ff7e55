import type { RoundMetrics } from '@quorate/shared/api/api'

export interface CurvePoint {
  /** Rounds decided when the model was tested. */
  readonly round: number
  readonly accuracy: number
  readonly loss: number
}

/** What a page remembers of a run's rounds; a new value for every change. */
export interface History {
  /** The newest rounds, oldest first. */
  readonly rounds: readonly RoundMetrics[]
  /** Every evaluation, oldest first; thinned evenly when there are very many. */
  readonly curve: readonly CurvePoint[]
}

export type HistoryChange =
  | { readonly kind: 'round'; readonly metrics: RoundMetrics }
  | { readonly kind: 'evaluation'; readonly point: CurvePoint }

export const MAX_ROUNDS = 2000
export const MAX_CURVE = 2000
export const emptyHistory: History = { rounds: [], curve: [] }

/** The history with `changes` worked in, in any order of rounds; a round told twice counts once. */
export function withChanges(history: History, changes: readonly HistoryChange[]): History {
  if (changes.length === 0) return history
  const rounds = new Map(history.rounds.map((metrics) => [metrics.round, metrics]))
  const curve = new Map(history.curve.map((point) => [point.round, point]))
  for (const change of changes) {
    const point = change.kind === 'round' ? pointOf(change.metrics) : change.point
    if (change.kind === 'round') rounds.set(change.metrics.round, change.metrics)
    if (point) curve.set(point.round, point)
  }
  return {
    rounds: inOrder(rounds).slice(-MAX_ROUNDS),
    curve: thinned(inOrder(curve)),
  }
}

/** The row of round r, counted from 0, carries the test of the model after it: r + 1 are decided. */
function pointOf({ round, accuracy, loss }: RoundMetrics): CurvePoint | null {
  return accuracy === null || loss === null ? null : { round: round + 1, accuracy, loss }
}

function inOrder<T extends { round: number }>(byRound: ReadonlyMap<number, T>): T[] {
  return [...byRound.values()].sort((a, b) => a.round - b.round)
}

/** Every other point goes once there are too many; the newest always stays. */
function thinned(curve: CurvePoint[]): CurvePoint[] {
  if (curve.length <= MAX_CURVE) return curve
  const last = curve.length - 1
  return curve.filter((_, index) => (last - index) % 2 === 0)
}
