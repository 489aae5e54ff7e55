/**
 * Control messages of `/ws`: JSON text, one schema each, which is both the type and the check.
 * Ballot slices, tallies, verdicts and what stands between two rounds are binary frames (../wire).
 * The grammar is in docs/protocol.md.
 */
import { z } from 'zod'
import { keptSettings } from '../run/settings.ts'
import { runState } from '../run/state.ts'

const count = z.int().min(0)
const u32 = z.int().min(0).max(0xffffffff)
const digest = z.string().regex(/^[0-9a-f]{64}$/)
const publicKey = z.string().regex(/^[0-9a-f]{64}$/)
const signature = z.string().regex(/^[0-9a-f]{128}$/)
/** Round and attempt name one opening; an attempt number is never used twice in a run. */
const opening = { round: u32, attempt: u32 }
const finite = z.number()

export const backendName = z.enum(['webgpu', 'webgl', 'wasm', 'cpu', 'none'])
export type BackendName = z.infer<typeof backendName>

/** Bytes a contributor has sent and received since it joined, by kind of content. */
export const trafficReport = z.strictObject({
  ballotsSent: count,
  ballotsReceived: count,
  talliesSent: count,
  verdictsReceived: count,
  controlSent: count,
  controlReceived: count,
  downloads: count,
  /** Ballot slices sent from browser to browser, and so by way of a TURN server. */
  slicesDirect: count,
  slicesTurn: count,
  /** Ballot slices sent to the coordinator: in an owner's place, and in a group of one. */
  slicesRelayed: count,
  slicesAlone: count,
})
export type TrafficReport = z.infer<typeof trafficReport>

// ---- contributor → coordinator

export const contributorMessage = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('hello'),
    protocol: z.int(),
    run: z.string().max(64),
    /** From an earlier welcome: gets the place and the shards back. */
    resume: z.strictObject({ id: z.string().max(64), token: z.string().max(128) }).nullable(),
    /** PeerJS works here; without it every slice goes through the coordinator. */
    webrtc: z.boolean(),
    /** The PeerJS id of an earlier welcome that this page still uses, or null. */
    peer: z.string().max(64).nullable(),
    /** Ed25519, by which its ballots are signed. */
    key: publicKey,
    /** Over the nonce of this connection's challenge, by that key (keys/statements.ts). */
    signature,
    /** The code of a run that is by invitation, or null. Asked of newcomers alone. */
    invite: z.string().max(64).nullable(),
  }),
  /** These leased chunks are loaded too, besides those named before on this connection. */
  z.strictObject({
    type: z.literal('loaded'),
    /** 1, 2, …; an opening names the last one that its batch draws from. */
    sequence: u32,
    chunks: z.array(digest).max(512),
  }),
  /** The replica is at `round` and takes part from the next opening on. */
  z.strictObject({
    type: z.literal('ready'),
    round: u32,
    digest,
    backend: backendName,
    /** Why this backend: the milliseconds per step measured. */
    stepMs: z.record(z.string().max(16), finite).default({}),
  }),
  /** Takes no more part until the next ready: catching up. */
  z.strictObject({ type: z.literal('unready') }),
  z.strictObject({ type: z.literal('loudness'), attempt: u32, value: z.number().min(0) }),
  /** Casts no ballot in this opening. */
  z.strictObject({
    type: z.literal('abstain'),
    ...opening,
    /** late: this ballot took too long; busy: an earlier batch is still being computed. */
    reason: z.enum(['non-finite', 'intensity', 'late', 'busy', 'failed']),
  }),
  z.strictObject({ type: z.literal('digest'), round: u32, digest }),
  /** Every 5 s: alive, with figures for the pages. */
  z.strictObject({
    type: z.literal('heartbeat'),
    stepMs: z.number().min(0).nullable(),
    /** Open edges, and how many of them go by way of a TURN server. */
    peers: count.max(64),
    turnPeers: count.max(64),
    traffic: trafficReport,
  }),
  z.strictObject({ type: z.literal('bye') }),
])
export type ContributorMessage = z.infer<typeof contributorMessage>

// ---- coordinator → contributor

/** A chunk of a shard: an immutable file under /api/blobs/<digest>. */
const chunkRef = z.strictObject({
  digest,
  records: z.int().min(1),
  sizeBytes: z.int().min(1),
})
export type ChunkRef = z.infer<typeof chunkRef>

const leasePart = z.strictObject({
  shard: u32,
  /** The chunks of the shard to hold now: those leased, or some of them where they are many. */
  chunks: z.array(chunkRef).max(4096),
  /** Share of the shard, 0..1: chunks leased / chunks in the shard. */
  fraction: z.number().gt(0).max(1),
})
export type LeasePart = z.infer<typeof leasePart>

/** Where the newest checkpoint stands, and its file. */
const checkpoint = z.strictObject({ round: u32, digest, url: z.string() })

/** STUN and TURN servers as WebRTC takes them. */
const iceServers = z
  .array(
    z.strictObject({
      urls: z.union([z.string(), z.array(z.string())]),
      username: z.string().optional(),
      credential: z.string().optional(),
    }),
  )
  .max(64)

export const coordinatorMessage = z.discriminatedUnion('type', [
  /** First, on every connection: what the hello signs. */
  z.strictObject({ type: z.literal('challenge'), nonce: z.string().min(1).max(64) }),
  z.strictObject({
    type: z.literal('welcome'),
    protocol: z.int(),
    id: z.string(),
    /** The contributor's number in the run. */
    contributor: u32,
    /** Generated display name. */
    name: z.string(),
    /** Secret: resumes this contributor. */
    token: z.string(),
    run: z.strictObject({
      id: z.string(),
      /** The run's number in binary frames. */
      number: u32,
      settings: keptSettings,
      input: z.tuple([z.int(), z.int(), z.int()]),
      classes: z.int(),
      d: z.int(),
    }),
    state: runState,
    /** Rounds decided so far: the replica to reach. */
    round: u32,
    checkpoint,
    /** Signalling for the mesh: the PeerJS id and ticket issued for this connection. */
    peer: z.strictObject({ id: z.string(), ticket: z.string(), path: z.string() }).nullable(),
    iceServers,
  }),
  /** Other credentials for the same servers, before those of the welcome run out. */
  z.strictObject({ type: z.literal('ice'), iceServers }),
  /** What this contributor holds from now on; an empty list means: wait, everything is taken. */
  z.strictObject({
    type: z.literal('lease'),
    version: u32,
    parts: z.array(leasePart).max(10_000),
    expiresInMs: count,
  }),
  /** The opening phase: report the loudness of a first gradient. */
  z.strictObject({
    type: z.literal('calibrate'),
    attempt: u32,
    loaded: u32,
    share: finite,
    deadlineMs: count,
  }),
  /** Do not wait for this member's ballot in `slice` (null: in any): left, abstained or relayed. */
  z.strictObject({
    type: z.literal('excuse'),
    ...opening,
    contributor: u32,
    slice: u32.nullable(),
  }),
  /** The owner of `slice` failed, or it is counted again: send your ballot of it here. */
  z.strictObject({ type: z.literal('resend'), ...opening, slice: u32 }),
  /** To the auditor of `slice`: send the tally that you have reckoned. */
  z.strictObject({ type: z.literal('recall'), ...opening, slice: u32 }),
  z.strictObject({ type: z.literal('state'), state: runState }),
  /** Answers each heartbeat: a page cannot see a WebSocket's pings, and hears so that it is heard. */
  z.strictObject({ type: z.literal('alive') }),
  /** Verdicts were left out, as too much was waiting to be read: fetch them from the ledger. */
  z.strictObject({ type: z.literal('behind'), round: u32, checkpoint }),
  /** The replica differs from the coordinator's: start again from this checkpoint. */
  z.strictObject({
    type: z.literal('resync'),
    round: u32,
    checkpoint,
  }),
  /** A coded complaint. `fatal`: the connection closes and must not be retried as it is. */
  z.strictObject({
    type: z.literal('error'),
    code: z.string(),
    detail: z.string(),
    fatal: z.boolean(),
    strikes: count,
  }),
])
export type CoordinatorMessage = z.infer<typeof coordinatorMessage>

export type MessageOf<M extends { type: string }, T extends M['type']> = Extract<M, { type: T }>
