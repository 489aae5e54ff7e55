import type { MethodSettings } from './settings.ts'

export type EfVoteSettings = Extract<MethodSettings, { id: 'ef-vote' }>
