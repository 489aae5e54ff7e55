/** What a contributor's session needs from the outside, so that it also runs without a browser. */
import type {
  BackendName,
  ContributorMessage,
  CoordinatorMessage,
  MessageOf,
} from '@quorate/shared/protocol/messages'
import type { Ballot, Settlement } from '@quorate/shared/methods/method'
import type { GroupMember } from '@quorate/shared/wire/turn'

/** What the mesh must know of a member. */
export type MeshMember = Pick<GroupMember, 'contributor' | 'peer'>

export type RunInfo = MessageOf<CoordinatorMessage, 'welcome'>['run']

/** The connection to the coordinator. It comes back by itself; the session says hello each time. */
export interface Link {
  /** False when the connection is down: the message is dropped, hello follows on return. */
  send(message: ContributorMessage): boolean
  sendFrame(frame: Uint8Array): boolean
  /** Payload bytes that were sent, of messages and of frames. */
  readonly bytesSent: { readonly text: number; readonly binary: number }
  /** One listener; replaces the one before. Events come in order, never inside `send`. */
  listen(listener: (event: LinkEvent) => void): void
  /** Leaves, after what was sent has left, and tells of nothing until it is woken. */
  rest(): void
  /** Comes back from a rest: connects anew, and tells 'open'. */
  wake(): void
  /** Closes for good, after what was sent has left. */
  close(): void
}

export type LinkEvent =
  | { readonly kind: 'open' }
  | { readonly kind: 'message'; readonly message: CoordinatorMessage; readonly sizeBytes: number }
  /** A binary message: one frame, or several one after the other. */
  | { readonly kind: 'frame'; readonly frame: Uint8Array }
  /** Down; the next try is in `retryInMs`. */
  | { readonly kind: 'down'; readonly retryInMs: number; readonly reason: string }
  /** A message that does not pass its schema; the connection stays. */
  | { readonly kind: 'garbled'; readonly detail: string }

/** What a round comes past in a contributor's page, in this order. */
export type RoundMark =
  /** The opening has come. */
  | 'opened'
  /** The ballot has come from the trainer. */
  | 'cast'
  /** The ballots of a slice owned here are in, or not waited for any more. */
  | 'collected'
  /** The tally of that slice has been handed to the link. */
  | 'tallied'
  /** The verdict has come. */
  | 'decided'
  /** The replica has taken its step. */
  | 'applied'

/** Is told of each as it comes, so that the parts of a round can be timed; must not throw. */
export type MarkRound = (mark: RoundMark, round: number) => void

/** The WebRTC links to the members of one's group. */
export interface Mesh {
  /** False where WebRTC does not exist: everything goes through the coordinator. */
  readonly available: boolean
  /** Signs in to signalling; called after each welcome. */
  start(ticket: { id: string; ticket: string; path: string }, iceServers: RTCIceServerLike[]): void
  /** Edges that are made from now on use these servers; those that stand go on as they are. */
  renew(iceServers: RTCIceServerLike[]): void
  /** Connects to new members, keeps those that stay, closes to those who left. */
  setGroup(members: readonly MeshMember[], self: number): void
  /**
   * Sends a whole frame; resolves 'sent' once it has left the send buffer for the network, or
   * 'unreachable' (no open edge, closed in between, or not drained by the deadline). Never rejects.
   */
  send(contributor: number, frame: Uint8Array, deadlineMs: number): Promise<'sent' | 'unreachable'>
  listen(listener: (from: number, frame: Uint8Array) => void): void
  /** Members with an open edge. */
  readonly connected: ReadonlySet<number>
  /** Members whose open edge goes by way of a TURN server. */
  readonly byTurn: ReadonlySet<number>
  close(): void
}

export interface RTCIceServerLike {
  urls: string | string[]
  username?: string | undefined
  credential?: string | undefined
}

/** Fetches immutable files from the coordinator; rejects with an Error that carries a `code`. */
export interface Files {
  /** Checks the SHA-256 when `digest` is given. Retries on its own a few times, then rejects. */
  fetch(url: string, options: { digest?: string; signal: AbortSignal }): Promise<Uint8Array>
}

/** What to draw a batch from and how: enough to recompute it. */
export interface BatchOrder {
  readonly round: number
  readonly share: number
  readonly batch: number
  /** Loaded chunks by shard, as the coordinator knows them at this opening. */
  readonly draws: readonly { readonly shard: number; readonly chunks: readonly string[] }[]
}

export interface CastOrder extends BatchOrder {
  readonly attempt: number
  readonly learningRate: number
  readonly slices: number
}

export interface BackendReport {
  readonly backend: BackendName
  /** Measured milliseconds per training step, for the backends that could be tried. */
  readonly stepMs: Readonly<Record<string, number>>
  /** A sentence: why this one. */
  readonly why: string
}

/**
 * Replica, method state and gradients: a Web Worker in the page, the same class in one process
 * in tests. Calls are answered in the order they were made.
 */
export interface Trainer {
  /** Chooses a backend for the run's model by measurement. Rejects with code NO_BACKEND. */
  prepare(run: RunInfo, contributor: number): Promise<BackendReport>
  /** Replaces the replica by a checkpoint file (see shared/wire/checkpoint). */
  loadCheckpoint(bytes: Uint8Array): Promise<{ round: number; digest: string }>
  /** Chunk file bytes, checked against the run's data shape. */
  addChunk(digest: string, bytes: Uint8Array): Promise<void>
  /** Forgets every chunk not listed. */
  keepChunks(digests: readonly string[]): Promise<void>
  loudness(order: BatchOrder): Promise<number | null>
  /**
   * Gathers the first batch of a round to come, and brings it to the backend; changes no result.
   * Forgotten where the lease changes, or another batch is asked for.
   */
  prefetch(order: BatchOrder): Promise<void>
  cast(order: CastOrder): Promise<CastResult>
  /** Commits or drops the ballot of this attempt; unknown attempts are ignored. */
  settle(attempt: number, settlement: Settlement): Promise<void>
  /** Applies one verdict frame; frames of rounds already applied change nothing. Rejects on a gap. */
  applyVerdict(frame: Uint8Array): Promise<{ round: number }>
  digest(): Promise<{ round: number; digest: string }>
  /** A copy of the replica. */
  parameters(): Promise<Float32Array<ArrayBuffer>>
  close(): void
}

/** A contribution of floats as it travels, whole: nobody but the coordinator reads it. */
export interface Payload {
  readonly kind: 'payload'
  readonly bytes: Uint8Array
}

export type CastResult =
  | {
      readonly kind: 'cast'
      readonly sent: Ballot | Payload
      readonly stepMs: number
      /** Mean loss over the batch. */
      readonly loss: number
    }
  /** The gradient was not finite, or the backend failed: the contributor abstains. */
  | { readonly kind: 'abstain'; readonly reason: 'non-finite' | 'failed'; readonly detail: string }
