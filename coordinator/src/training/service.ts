import type {
  CheckpointView,
  ContributorView,
  EventView,
  FeedMessage,
  Preview,
  RoundMetrics,
  RunView,
} from '@quorate/shared/api/api'
import type { RunSettings } from '@quorate/shared/run/settings'
import type { Connection } from './ports.ts'

/** All runs of this coordinator: the only thing of training that routes see. */
export interface TrainingService {
  runs(): RunView[]
  /** Throws TrainingError RUN_NOT_FOUND; so do all that take a run id. */
  run(id: string): RunView
  create(settings: RunSettings): Promise<RunView>
  preview(settings: RunSettings): Promise<Preview>
  start(id: string): Promise<RunView>
  pause(id: string): Promise<RunView>
  resume(id: string): Promise<RunView>
  stop(id: string): Promise<RunView>
  /** Only a run that is created, paused or finished; else RUN_BUSY. */
  remove(id: string): Promise<void>
  /** A new run with the same settings and another seed, started. */
  again(id: string): Promise<RunView>
  /** The code that newcomers need; null where anyone may come. */
  invite(id: string): string | null
  /** A new code, which ends the one before, or none. Who has come in already stays. */
  setInvite(id: string, on: boolean): Promise<string | null>
  metrics(id: string, range: { from: number; to: number; limit: number }): Promise<RoundMetrics[]>
  contributors(id: string): ContributorView[]
  kick(id: string, contributor: number, ban: boolean): Promise<void>
  events(id: string, limit: number): Promise<EventView[]>
  checkpoints(id: string): Promise<CheckpointView[]>
  /** Verdict frames since `from`, concatenated (application/octet-stream); or LEDGER_GONE. */
  ledger(id: string, from: number): Promise<Uint8Array>
  /** A checkpoint's file was found damaged: its run makes another. */
  damagedBlob(digest: string, detail: string): Promise<void>
  /** The coordinator's replica now. */
  replica(id: string): { round: number; digest: string; parameters: Float32Array }
  shards(id: string): Promise<{ shard: number; records: number; labels: readonly number[] }[]>
  /** Subscribes to the live feed; returns the unsubscribe. */
  subscribe(listener: (message: FeedMessage) => void): () => void
  /** A contributor's socket; training answers through `connection` until `closed` is called. */
  accept(connection: Connection): ContributorSocket
  /** A ticket of ours: is this PeerJS id with this token allowed to signal? */
  maySignal(peerId: string, ticket: string): boolean
  /** Tells of every PeerJS id that may signal no more; returns the unsubscribe. */
  onSignalRevoked(listener: (peerId: string) => void): () => void
  /** Rounds end where they are, as by a kill; what leaves from now on voids none. */
  halt(): void
  /** Stops timers, flushes, closes ledgers. */
  close(): Promise<void>
}

export interface ContributorSocket {
  /** Bytes of the largest message that may come now: few before a hello, then the run's own bound. */
  readonly mostBytes: number
  /** More than `mostBytes` came: the sender is told, and its connection closed. */
  tooLarge(): void
  text(message: string): void
  frame(bytes: Uint8Array): void
  /** `clean`: the page went away on purpose (close codes 1000 and 1001). */
  closed(clean: boolean): void
}

/** An expected refusal of the training service; routes map `code` to a problem document. */
export class TrainingError extends Error {
  readonly code: TrainingErrorCode
  constructor(code: TrainingErrorCode, detail: string) {
    super(detail)
    this.code = code
  }
}

export type TrainingErrorCode =
  | 'RUN_NOT_FOUND'
  | 'RUN_BUSY'
  | 'LEDGER_GONE'
  /** Its ledger or checkpoint does not fit together any more; it can only be deleted. */
  | 'RUN_DAMAGED'
  | 'RUN_STATE'
  | 'DATA_SET_NOT_FOUND'
  | 'MODEL_NOT_POSSIBLE'
  | 'PARTITION_NOT_POSSIBLE'
  | 'CONTRIBUTOR_NOT_FOUND'
  | 'TOO_MANY_RUNS'
