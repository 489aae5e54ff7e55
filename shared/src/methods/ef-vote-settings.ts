import type { MethodSettings } from './settings.ts'

export type EfVoteSettings = Extract<MethodSettings, { id: 'ef-vote' }>

/**
 * What comes down: the sign of the aggregated momentum, times γ; or the sign of the aggregate
 * itself with a step per block, its rounding owed by the coordinator (two-way: p = γg + e).
 */
export type DownLink = 'sign' | 'scaled'
