import type { BackendName, TrafficReport } from '@quorate/shared/protocol/messages'
import { noTraffic } from '@quorate/shared/protocol/traffic'
import type { Reach } from '../mesh/reach.ts'
import type { RunState } from '@quorate/shared/run/state'

/** What the page shows of a session: one immutable value, replaced whole. */
export interface SessionView {
  readonly status: SessionStatus
  /** null before the first welcome. */
  readonly me: { readonly name: string; readonly contributor: number } | null
  readonly runState: RunState | null
  /** Rounds decided in the run / where this replica stands. */
  readonly round: number
  readonly replicaRound: number
  readonly roundsCounted: number
  readonly roundsMissed: number
  readonly samples: number
  /** Slices of my ballots that were counted / cast, over the session. */
  readonly slicesCounted: number
  readonly slicesCast: number
  readonly backend: BackendName | null
  readonly backendWhy: string
  readonly stepMs: number | null
  readonly batchLoss: number | null
  readonly peers: number
  /** How votes reach the others; null where a hidden address has yet to learn of it. */
  readonly reach: Reach | null
  readonly shards: readonly number[]
  readonly traffic: TrafficReport
  /** Round and digest of the last report, hex. */
  readonly digest: { readonly round: number; readonly digest: string } | null
  /** Progress of what is being loaded, for the joining and catching-up states. */
  readonly loading: { readonly done: number; readonly total: number } | null
  /** The last thing that went wrong and was survived, in a sentence. */
  readonly trouble: string | null
}

export type SessionStatus =
  | { readonly kind: 'idle' }
  | { readonly kind: 'connecting' }
  /** Measuring backends. */
  | { readonly kind: 'preparing' }
  /** Downloading data or replaying the ledger. */
  | { readonly kind: 'catching-up' }
  /** More contributors than chunks: no data left to train on. */
  | { readonly kind: 'waiting-for-data' }
  /** Ready; the run is not open (see runState). */
  | { readonly kind: 'ready' }
  | { readonly kind: 'training' }
  /** Finishes the round at hand, then pauses or leaves. */
  | { readonly kind: 'ending'; readonly then: 'paused' | 'stopped' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'connection-lost'; readonly retryAtMs: number; readonly reason: string }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'finished' }
  /** Nothing more will happen by itself; `code` has a sentence in the docs. */
  | { readonly kind: 'failed'; readonly code: string; readonly detail: string }

/** Before anything has begun. */
export const noSession: SessionView = {
  status: { kind: 'idle' },
  me: null,
  runState: null,
  round: 0,
  replicaRound: 0,
  roundsCounted: 0,
  roundsMissed: 0,
  samples: 0,
  slicesCounted: 0,
  slicesCast: 0,
  backend: null,
  backendWhy: '',
  stepMs: null,
  batchLoss: null,
  peers: 0,
  reach: null,
  shards: [],
  traffic: noTraffic,
  digest: null,
  loading: null,
  trouble: null,
}

/** What the contributor wants, whatever the connection does. */
export type Wish =
  | 'take-part'
  | 'pause'
  /** Finishes the round at hand first. */
  | 'leave-after-round'
  | 'left'

/** The status that follows from where a session stands. */
export function statusOf(facts: {
  readonly wish: Wish
  readonly runState: RunState | null
  readonly welcomed: boolean
  /** A backend has been chosen. */
  readonly prepared: boolean
  /** The replica is where the coordinator's is. */
  readonly current: boolean
  /** Some shard is leased, and enough of the data is here to begin. */
  readonly hasData: boolean
  readonly startable: boolean
}): SessionStatus {
  const { wish, runState } = facts
  // There is nothing to go on with after a pause.
  if (runState?.kind === 'finished') return { kind: 'finished' }
  if (wish === 'pause') return { kind: 'paused' }
  if (!facts.welcomed) return { kind: 'connecting' }
  if (!facts.prepared) return { kind: 'preparing' }
  if (!facts.current) return { kind: 'catching-up' }
  if (!facts.hasData) return { kind: 'waiting-for-data' }
  if (!facts.startable) return { kind: 'catching-up' }
  if (runState?.kind === 'training') return trainingStatus(wish)
  return { kind: 'ready' }
}

/** While a round is open, or may be at any moment. */
export function trainingStatus(wish: Wish): SessionStatus {
  return wish === 'leave-after-round' ? { kind: 'ending', then: 'stopped' } : { kind: 'training' }
}
