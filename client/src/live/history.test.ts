import type { RoundMetrics } from '@quorate/shared/api/api'
import { describe, expect, it } from 'vitest'
import { roundOfTests } from './round.fixture.ts'
import { emptyHistory, MAX_CURVE, MAX_ROUNDS, withChanges } from './history.ts'

function metrics(round: number, accuracy: number | null = null): RoundMetrics {
  return { ...roundOfTests, round, accuracy, loss: accuracy === null ? null : 1 - accuracy }
}

describe('history', () => {
  it('keeps rounds in order, however they arrive, and each once', () => {
    const history = withChanges(
      emptyHistory,
      [3, 1, 2, 3].map((round) => ({ kind: 'round', metrics: metrics(round) })),
    )
    expect(history.rounds.map(({ round }) => round)).toEqual([1, 2, 3])
  })

  it('puts an evaluation on the curve though its round was told before', () => {
    const told = withChanges(emptyHistory, [{ kind: 'round', metrics: metrics(10) }])
    const point = { round: 10, accuracy: 0.8, loss: 0.6 }
    expect(withChanges(told, [{ kind: 'evaluation', point }]).curve).toEqual([point])
  })

  it('is one point for a test that the feed told and that a row carries', () => {
    const point = { round: 10, accuracy: 0.8, loss: 1 - 0.8 }
    const told = withChanges(emptyHistory, [{ kind: 'evaluation', point }])
    const row = metrics(9, 0.8)
    expect(withChanges(told, [{ kind: 'round', metrics: row }]).curve).toEqual([point])
  })

  it('is the same value when nothing changed', () => {
    expect(withChanges(emptyHistory, [])).toBe(emptyHistory)
  })

  it('stays within its bounds and keeps the newest', () => {
    const many = Array.from({ length: MAX_ROUNDS + MAX_CURVE }, (_, round) => metrics(round, 0.5))
    const history = withChanges(
      emptyHistory,
      many.map((one) => ({ kind: 'round', metrics: one })),
    )
    expect(history.rounds).toHaveLength(MAX_ROUNDS)
    expect(history.curve.length).toBeLessThanOrEqual(MAX_CURVE)
    expect(history.rounds.at(-1)?.round).toBe(many.length - 1)
    expect(history.curve.at(-1)?.round).toBe(many.length)
  })
})
