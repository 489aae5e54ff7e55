import { z } from 'zod'

/** Where a run stands, and why it does not move where it does not. */
export const runState = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('created') }),
  /** Started, but fewer than minVoters are ready. */
  z.strictObject({ kind: z.literal('waiting'), need: z.int(), have: z.int() }),
  z.strictObject({ kind: z.literal('calibrating') }),
  z.strictObject({ kind: z.literal('training') }),
  z.strictObject({
    kind: z.literal('paused'),
    by: z.enum(['operator', 'fault']),
    reason: z.string(),
  }),
  z.strictObject({
    kind: z.literal('finished'),
    why: z.enum(['rounds', 'target', 'stopped']),
  }),
])
export type RunState = z.infer<typeof runState>
