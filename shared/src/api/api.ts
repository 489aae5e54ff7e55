/** What the HTTP API and the dashboards' live feed give; one schema each for server and pages. */
import { z } from 'zod'
import { backendName, trafficReport } from '../protocol/messages.ts'
import { keptSettings } from '../run/settings.ts'
import { runState } from '../run/state.ts'

const count = z.int().min(0)

/** One decided round, counted from 0. Times in ms, bytes as sent and received by the coordinator. */
export const roundMetrics = z.strictObject({
  round: count,
  attempts: count,
  /** Voters of the best-attended slice. */
  voters: count,
  expected: count,
  learningRate: z.number(),
  durationMs: z.number(),
  /** Opening sent → last ballot at its owner as far as the coordinator sees it: last tally in. */
  exchangeMs: z.number(),
  decideMs: z.number(),
  /** Bytes that all contributors together sent in ballots this round, by any path. */
  ballotBytes: count,
  tallyBytes: count,
  /** Bytes of the verdict, per contributor. */
  verdictBytes: count,
  slicesDirect: count,
  slicesRelayed: count,
  lateBallots: count,
  /** Mean over contributors of the share of their signs that agree with the verdict, if known. */
  agreement: z.number().nullable(),
  /** Only in rounds that were evaluated: of the model after this round, on the test set. */
  accuracy: z.number().nullable(),
  loss: z.number().nullable(),
})
export type RoundMetrics = z.infer<typeof roundMetrics>

const contributorView = z.strictObject({
  number: count,
  name: z.string(),
  backend: backendName,
  status: z.enum(['joining', 'ready', 'away', 'waiting']),
  shards: z.array(z.strictObject({ shard: count, fraction: z.number() })),
  roundsCounted: count,
  roundsMissed: count,
  lateBallots: count,
  strikes: count,
  stepMs: z.number().nullable(),
  peers: count,
  /** Of those, edges by way of a TURN server. */
  turnPeers: count,
  traffic: trafficReport,
  joinedAtMs: z.number(),
  lastDigest: z.strictObject({ round: count, agrees: z.boolean() }).nullable(),
})
export type ContributorView = z.infer<typeof contributorView>

export const runView = z.strictObject({
  id: z.string(),
  number: count,
  settings: keptSettings,
  state: runState,
  d: count,
  /** Rounds decided. */
  round: count,
  accuracy: z.number().nullable(),
  loss: z.number().nullable(),
  accuracyRound: count.nullable(),
  contributors: count,
  ready: count,
  /** Contributors at once, at most; null = no bound. */
  places: count.nullable(),
  /** Newcomers need a code. */
  inviteOnly: z.boolean(),
  createdAtMs: z.number(),
  startedAtMs: z.number().nullable(),
  /** Median of the last 20 rounds. */
  roundMs: z.number().nullable(),
  /** Estimated from roundMs. */
  timeLeftMs: z.number().nullable(),
  /** Digest of the coordinator's replica, at the last round that is a multiple of 10. */
  digest: z.strictObject({ round: count, digest: z.string() }).nullable(),
})
export type RunView = z.infer<typeof runView>

export const eventView = z.strictObject({
  atMs: z.number(),
  level: z.enum(['info', 'warn', 'error']),
  /** Stable code: joined, left, digest-differs, strike, round-void, paused, … */
  code: z.string(),
  text: z.string(),
  round: count.nullable(),
  contributor: z.string().nullable(),
})
export type EventView = z.infer<typeof eventView>

const checkpointView = z.strictObject({
  round: count,
  digest: z.string(),
  sizeBytes: count,
  url: z.string(),
  createdAtMs: z.number(),
})
export type CheckpointView = z.infer<typeof checkpointView>

/** RFC 9457 problem document with our stable code. */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  code: z.string(),
  /** Where in the request, for settings that do not pass. */
  issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
})
export type Problem = z.infer<typeof problem>

export const runsAnswer = z.strictObject({ runs: z.array(runView) })
export const metricsAnswer = z.strictObject({ rounds: z.array(roundMetrics) })
export const checkpointsAnswer = z.strictObject({ checkpoints: z.array(checkpointView) })
export const contributorsAnswer = z.strictObject({ contributors: z.array(contributorView) })
export const eventsAnswer = z.strictObject({ events: z.array(eventView) })

/** GET /api/session */
export const sessionAnswer = z.strictObject({
  operator: z.boolean(),
  hasPassword: z.boolean(),
  version: z.string(),
})

/** /api/runs/:id/invite: the code that newcomers need; null = none. For the operator. */
export const inviteAnswer = z.strictObject({ code: z.string().nullable() })

/** POST /api/runs/preview: what a run of these settings would be, before it is made. */
export const previewAnswer = z.strictObject({
  d: count,
  /** counts[class][shard]; summed into at most 50 columns when there are more shards. */
  heatMap: z.array(z.array(count)),
  shardSizes: z.array(count),
  /** Bytes per contributor and round, and what float32 would cost. */
  ballotBytes: count,
  verdictBytes: count,
  tallyBytes: count,
  float32Bytes: count,
})
export type Preview = z.infer<typeof previewAnswer>

/** GET /api/data-sets */
export const dataSetsAnswer = z.strictObject({
  dataSets: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      records: count,
      testRecords: count,
      input: z.tuple([z.int(), z.int(), z.int()]),
      classes: z.int(),
    }),
  ),
})

// ---- the live feed: /ws?feed, JSON text, server → page only

export const feedMessage = z.discriminatedUnion('type', [
  /** First, and whenever the list or a state changes. */
  z.strictObject({ type: z.literal('runs'), runs: z.array(runView) }),
  z.strictObject({ type: z.literal('round'), run: z.string(), metrics: roundMetrics }),
  /** Evaluation of an earlier round. */
  z.strictObject({
    type: z.literal('evaluation'),
    run: z.string(),
    round: count,
    accuracy: z.number(),
    loss: z.number(),
  }),
  z.strictObject({
    type: z.literal('contributors'),
    run: z.string(),
    contributors: z.array(contributorView),
  }),
  z.strictObject({ type: z.literal('event'), run: z.string(), event: eventView }),
])
export type FeedMessage = z.infer<typeof feedMessage>
/** page → server: which run to follow closely (contributors, rounds, events). */
export const feedRequest = z.strictObject({ type: z.literal('follow'), run: z.string().max(64) })
