/** A scenario is plain data, drawn from a seed: who takes part, what goes wrong when, and who lies. */
import type { RunSettingsInput } from '@quorate/shared/run/settings'
import type { WriteSide } from './coordinator-life.ts'
import type { Skew } from './local-clock.ts'

/** What a contributor may do instead of its part; what each does is in liars/. */
export const LIES = [
  'flip',
  'random',
  'replay',
  'copy',
  'equivocate',
  'wrong-tally',
  'withheld-tally',
  'oversized',
  'flood',
] as const
export type Lie = (typeof LIES)[number]

export interface Person {
  readonly joinsAtMs: number
  readonly webrtc: boolean
  readonly intensity: number
  readonly skew: Skew
  readonly lie: Lie | null
}

/** Times are of the world's clock, after the run has begun; `who` is a place in `people`. */
export type Fault =
  /** Frames between members are lost, sent twice, held back past later ones, or broken. */
  | {
      readonly kind: 'loss' | 'duplicate' | 'reorder' | 'corrupt'
      readonly atMs: number
      readonly forMs: number
      /** Share of the frames, 0..1. */
      readonly share: number
    }
  /** What travels takes up to so long, between members and to the coordinator. */
  | {
      readonly kind: 'delay'
      readonly atMs: number
      readonly forMs: number
      readonly mostMs: number
    }
  /** Nothing passes between `side` and the others; the coordinator is reached by all. */
  | {
      readonly kind: 'partition'
      readonly atMs: number
      readonly forMs: number
      readonly side: readonly number[]
    }
  /** The coordinator cannot be reached. */
  | {
      readonly kind: 'offline'
      readonly who: number
      readonly atMs: number
      readonly forMs: number
    }
  /** The process stands still. */
  | { readonly kind: 'freeze'; readonly who: number; readonly atMs: number; readonly forMs: number }
  /** The volunteer presses pause. */
  | { readonly kind: 'pause'; readonly who: number; readonly atMs: number; readonly forMs: number }
  /** Reads too slowly. */
  | {
      readonly kind: 'backlog'
      readonly who: number
      readonly atMs: number
      readonly forMs: number
    }
  /** The connection breaks, and comes back. */
  | { readonly kind: 'reconnect'; readonly who: number; readonly atMs: number }
  /** Leaves with a word. */
  | { readonly kind: 'leave'; readonly who: number; readonly atMs: number }
  /** The page dies without a word; a new one opens in the same tab, in another, or never. */
  | {
      readonly kind: 'crash'
      readonly who: number
      readonly atMs: number
      readonly back: { readonly afterMs: number; readonly sameTab: boolean } | null
    }
  /** SIGKILL of the coordinator; `clockMs`: what its clock has been set by when it is back. */
  | {
      readonly kind: 'kill'
      readonly atMs: number
      readonly downMs: number
      readonly clockMs: number
    }
  /** SIGKILL at a write to the disk, counted over all lives from the first opening on. */
  | {
      readonly kind: 'kill-at-write'
      readonly write: number
      readonly side: WriteSide
      readonly downMs: number
    }
  /** Entries of the ledger take their time: to be there, or to be confirmed. */
  | {
      readonly kind: 'slow-disk'
      readonly way: 'writes-late' | 'answers-late'
      readonly atMs: number
      readonly forMs: number
      readonly delayMs: number
    }
  | { readonly kind: 'operator-pause'; readonly atMs: number; readonly forMs: number }

export type FaultKind = Fault['kind']

export interface Scenario {
  readonly seed: number
  readonly theme: Theme
  readonly settings: RunSettingsInput
  readonly people: readonly Person[]
  /** How fast the coordinator's clock runs. */
  readonly coordinatorRate: number
  readonly faults: readonly Fault[]
  /** The faults end when so much time has passed and so many rounds are decided. */
  readonly spanMs: number
  readonly rounds: number
}

/** What a scenario is about. */
export type Theme = 'network' | 'people' | 'kills' | 'lies' | 'learning' | 'everything'
