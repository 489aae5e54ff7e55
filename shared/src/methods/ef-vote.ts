import type { Method } from './method.ts'
import { efVoteContributor } from './ef-vote-contributor.ts'
import { efVoteCoordinator } from './ef-vote-coordinator.ts'
import type { MethodSettings } from './settings.ts'
import type { VectorShape } from './shape.ts'

export type EfVoteSettings = Extract<MethodSettings, { id: 'ef-vote' }>

/**
 * What comes down: the sign of the aggregated momentum, times γ; or the sign of the aggregate
 * itself with a step per block, its rounding owed by the coordinator (two-way: p = γg + e).
 */
export type DownLink = 'sign' | 'scaled'

/**
 * Error-feedback weighted vote: each contributor is owed its rounding error, its loudness in a
 * block is a weight 0..15, and only the aggregate is reduced to a sign.
 *
 * Source: METHODS.md, EF-Vote.
 */
export function efVote(
  settings: EfVoteSettings,
  shape: VectorShape,
  down: DownLink = 'sign',
): Method {
  return {
    weighted: true,
    contributor: efVoteContributor(settings, shape, down),
    coordinator: efVoteCoordinator(settings, shape, down),
  }
}
