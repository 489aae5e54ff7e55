import type { VotingMethod } from './method.ts'
import { efVoteContributor } from './ef-vote-contributor.ts'
import { efVoteCoordinator } from './ef-vote-coordinator.ts'
import type { EfVoteSettings } from './ef-vote-settings.ts'
import type { VectorShape } from './shape.ts'

/**
 * Error-feedback weighted vote: each contributor is owed its rounding error, its loudness in a
 * block is a weight 0..15, and only the aggregate is reduced to a sign.
 *
 * Source: METHODS.md, EF-Vote.
 */
export function efVote(settings: EfVoteSettings, shape: VectorShape): VotingMethod {
  return {
    kind: 'votes',
    weighted: true,
    contributor: efVoteContributor(settings, shape),
    coordinator: efVoteCoordinator(settings, shape),
  }
}
