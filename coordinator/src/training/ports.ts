/** What training needs from storage and from the machine; implemented in ../store and ../evaluation. */
import type { EventView, RoundMetrics } from '@quorate/shared/api/api'
import type { DataShape, ModelSpec } from '@quorate/shared/model/spec'
import type { RunSettings } from '@quorate/shared/run/settings'
import type { RunState } from '@quorate/shared/run/state'
import type { Admission } from './admission.ts'

/** Rows in the database. All of it can be rebuilt from ledger and checkpoints but names and settings. */
export interface Store {
  listRuns(): Promise<StoredRun[]>
  /** On disk when this resolves; so are its shards and checkpoints. */
  insertRun(run: Omit<StoredRun, 'number'>): Promise<StoredRun>
  saveRunState(id: string, state: RunState, startedAtMs: number | null): Promise<void>
  saveInvite(id: string, invite: string | null): Promise<void>
  deleteRun(id: string): Promise<void>
  /** Attempts below `upTo` count as used, for good; on disk when this resolves. */
  reserveAttempts(id: string, upTo: number): Promise<void>
  appendRounds(id: string, rounds: readonly RoundMetrics[]): Promise<void>
  saveEvaluation(
    id: string,
    round: number,
    value: { accuracy: number; loss: number },
  ): Promise<void>
  /** Ascending; at most `limit` rows, one a span of rounds where the range is longer than that. */
  rounds(id: string, range: { from: number; to: number; limit: number }): Promise<RoundMetrics[]>
  /** The last round that has figures. */
  lastRound(id: string): Promise<number | null>
  /** Of the latest round that was evaluated. */
  latestEvaluation(id: string): Promise<{ round: number; accuracy: number; loss: number } | null>
  appendEvent(id: string, event: EventView): Promise<void>
  /** Newest first. */
  events(id: string, limit: number): Promise<EventView[]>
  saveContributor(id: string, contributor: StoredContributor): Promise<void>
  forgetContributor(id: string, number: number): Promise<void>
  contributors(id: string): Promise<StoredContributor[]>
  /** On disk when this resolves: what it covers may be let go. */
  insertCheckpoint(id: string, checkpoint: StoredCheckpoint): Promise<void>
  /** Ascending by round. */
  checkpoints(id: string): Promise<StoredCheckpoint[]>
  deleteCheckpoint(id: string, round: number): Promise<void>
  /** Every blob that a run still needs, public or not. */
  blobsInUse(): Promise<Set<string>>
  /** The shards of a run, as chunk blobs; written once when the run is made. */
  insertShards(id: string, shards: readonly StoredShard[]): Promise<void>
  shards(id: string): Promise<StoredShard[]>
}

export interface StoredRun {
  readonly id: string
  /** The run's number in binary frames: 1, 2, … */
  readonly number: number
  readonly settings: RunSettings
  readonly state: RunState
  readonly createdAtMs: number
  readonly startedAtMs: number | null
  /** Attempts below this number may have been used. */
  readonly attemptsReserved: number
  /** The code that newcomers needed when it was read; null = none. */
  readonly invite: string | null
}

export interface StoredContributor {
  readonly number: number
  readonly id: string
  readonly name: string
  /** SHA-256 of the resume token, hex. */
  readonly tokenHash: string
  readonly joinedAtMs: number
  readonly lastSeenMs: number
  /** The shards leased when last seen, for a return after a restart. */
  readonly shards: readonly { readonly shard: number; readonly chunks: readonly string[] }[]
  readonly roundsCounted: number
  readonly roundsMissed: number
  /** Rounds decided when these figures were saved. */
  readonly savedAtRound: number
  readonly banned: boolean
}

export interface StoredCheckpoint {
  readonly round: number
  /** SHA-256 of the little-endian float32 parameters: the replica's digest. */
  readonly digest: string
  /** Blob of the public checkpoint file. */
  readonly blob: string
  readonly sizeBytes: number
  /** Blob of the coordinator's method state at that round. */
  readonly stateBlob: string
  readonly createdAtMs: number
}

export interface StoredShard {
  readonly shard: number
  readonly chunks: readonly {
    readonly digest: string
    readonly records: number
    readonly sizeBytes: number
  }[]
  /** Records per class. */
  readonly labels: readonly number[]
}

/** Immutable files by their SHA-256, written to a temporary name, synced and renamed. */
export interface BlobStore {
  /** Returns the digest, hex. Writing what is there already does nothing. */
  put(bytes: Uint8Array): Promise<string>
  /** Rejects with code BLOB_NOT_FOUND or BLOB_DAMAGED. */
  get(digest: string): Promise<Uint8Array>
  /** Deletes all others but those that were put since `untilMs`; returns how many. */
  keepOnly(digests: ReadonlySet<string>, untilMs: number): Promise<number>
}

/** What else is known of a run, when its ledger is opened. */
export interface KnownRounds {
  /** The model starts from a checkpoint at this round: entries before it are not needed. */
  readonly from: number
  /** So many rounds were decided, at least. */
  readonly decided: number
}

export interface Ledgers {
  /**
   * Opens a run's ledger; a torn last record (killed while writing) is cut off. Damage that the
   * checkpoint makes up for is set aside; other damage rejects with code LEDGER_DAMAGED.
   */
  open(runId: string, known?: KnownRounds): Promise<Ledger>
  delete(runId: string): Promise<void>
}

/** One decided round: what everyone may see, and what only a restart needs. */
export interface LedgerEntry {
  readonly round: number
  readonly attempt: number
  /** The verdict frame as broadcast, header included. */
  readonly frame: Uint8Array
  /** The merged tally with weights and voters (see shared/wire/record). */
  readonly record: Uint8Array
}

export interface Ledger {
  /** One write, synced: on disk when this resolves. Rejects with code LEDGER_WRITE_FAILED. */
  append(entry: LedgerEntry): Promise<void>
  /** The last entry's round and attempt. */
  readonly head: { readonly round: number; readonly attempt: number } | null
  /** What was found damaged and set aside when the ledger was opened. */
  readonly damage: string | null
  /** The oldest round that is kept; the next one, where there is none yet. */
  readonly firstRound: number
  /**
   * Verdict frames of rounds ≥ `fromRound`, in order; for catch-up. Rejects with code LEDGER_GONE
   * where some of them were let go, LEDGER_DAMAGED where they are not as they were written.
   */
  frames(fromRound: number): Promise<Uint8Array>
  /** Entries of rounds ≥ `fromRound` with their records; for a restart. */
  replay(fromRound: number): AsyncIterable<LedgerEntry>
  /** A checkpoint at `round` is on disk: records of earlier rounds may go (frames stay). */
  covered(round: number): Promise<void>
  /** Rounds before `round` may go altogether. */
  forget(round: number): Promise<void>
  /** What was set aside may go. */
  forgetDamage(): Promise<void>
  close(): Promise<void>
}

/** Room for what is kept, in bytes. */
export interface Room {
  /** Taken by the data directory; 0 where there is no limit to compare it with. */
  readonly usedBytes: number
  /** The most that it may take; null: no limit. */
  readonly limitBytes: number | null
  /** Left on its disk. */
  readonly freeBytes: number
}

export interface RoomPort {
  look(): Promise<Room>
}

/** Test-set evaluation off the main thread; one at a time, the newest request replaces a waiting one. */
export interface Evaluator {
  /** Mean cross-entropy and share of correct answers on the test set; null when superseded. */
  evaluate(request: {
    readonly dataSet: string
    readonly model: ModelSpec
    readonly parameters: Float32Array
  }): Promise<{ accuracy: number; loss: number } | null>
}

/** Bytes chosen by the machine's strong generator. */
export type Entropy = (sizeBytes: number) => Uint8Array

/** One socket to a contributor, seen from training. */
export interface Connection {
  send(text: string): void
  /**
   * One binary message: what many are told, in the same array for each of them, so that the
   * transport frames it once; then what is this contributor's own. Not both null.
   */
  sendTurn(shared: Uint8Array | null, own: Uint8Array | null): void
  /** Bytes queued and not yet taken by the network. */
  readonly queuedBytes: number
  /** The address that limits count by. */
  readonly address: string
  close(code: number, reason: string): void
}

/** Structured logging: fields first, then a sentence. */
export interface Log {
  info(fields: object, sentence: string): void
  warn(fields: object, sentence: string): void
  error(fields: object, sentence: string): void
}

/** What letting a contributor in takes besides the run. */
export interface ContributorConnectionPorts {
  readonly entropy: Entropy
  readonly issueIce: IceIssuer
  readonly admission: Admission
  /** This PeerJS id may signal no more. */
  readonly signalRevoked: (peerId: string) => void
}

export interface IceServer {
  urls: string | string[]
  username?: string | undefined
  credential?: string | undefined
}

/** What a contributor is given to reach others with, by its id. */
export type IceIssuer = (contributor: string) => {
  readonly servers: readonly IceServer[]
  /** When it should be given others, as credentials run out; null = these stay good. */
  readonly renewAtMs: number | null
}

/** The data sets that runs can be made on. */
export interface TrainingData {
  /** Rejects with TrainingError DATA_SET_NOT_FOUND. `labels`: one class per training record. */
  describe(dataSet: string): Promise<{ shape: DataShape; labels: Uint8Array }>
  /** Cuts the data into shards and writes their chunks as blobs. */
  makeShards(settings: RunSettings): Promise<readonly StoredShard[]>
}
