import {
  checkpointsAnswer,
  contributorsAnswer,
  eventsAnswer,
  metricsAnswer,
  runsAnswer,
  runView,
} from '@quorate/shared/api/api'
import { z } from 'zod'
import type { TrainingService } from '../training/service.ts'
import type { OperatorCheck, RouteApp } from './route-app.ts'
import { costly, runParams } from './route-app.ts'

const round = z.coerce.number().int().min(0).max(0xffffffff)

const metricsQuery = z.object({
  from: round.default(0),
  to: round.default(0xffffffff),
  limit: z.coerce.number().int().min(1).max(10_000).default(1000),
})

const shardsAnswer = z.strictObject({
  shards: z.array(
    z.strictObject({ shard: z.int(), records: z.int(), labels: z.array(z.int()).readonly() }),
  ),
})

/** What anyone may see of the runs, and the events, which are for the operator. */
export function runRoutes(
  app: RouteApp,
  training: TrainingService,
  onRequest: OperatorCheck,
): void {
  app.get(
    '/api/runs',
    { schema: { summary: 'All runs', response: { 200: runsAnswer } } },
    async () => ({
      runs: training.runs(),
    }),
  )

  app.get(
    '/api/runs/:id',
    { schema: { summary: 'One run', params: runParams, response: { 200: runView } } },
    async ({ params }) => training.run(params.id),
  )

  app.get(
    '/api/runs/:id/metrics',
    {
      ...costly,
      schema: {
        summary: 'Figures of its rounds, thinned to a limit',
        params: runParams,
        querystring: metricsQuery,
        response: { 200: metricsAnswer },
      },
    },
    async ({ params, query }) => ({ rounds: await training.metrics(params.id, query) }),
  )

  app.get(
    '/api/runs/:id/contributors',
    {
      schema: {
        summary: 'Who takes part',
        params: runParams,
        response: { 200: contributorsAnswer },
      },
    },
    async ({ params }) => ({ contributors: training.contributors(params.id) }),
  )

  app.get(
    '/api/runs/:id/events',
    {
      onRequest,
      schema: {
        summary: 'Its event log, newest first; for the operator',
        params: runParams,
        querystring: z.object({ limit: z.coerce.number().int().min(1).max(1000).default(100) }),
        response: { 200: eventsAnswer },
      },
    },
    async ({ params, query }) => ({ events: await training.events(params.id, query.limit) }),
  )

  app.get(
    '/api/runs/:id/checkpoints',
    {
      schema: {
        summary: 'Its checkpoints',
        params: runParams,
        response: { 200: checkpointsAnswer },
      },
    },
    async ({ params }) => ({ checkpoints: await training.checkpoints(params.id) }),
  )

  app.get(
    '/api/runs/:id/shards',
    {
      schema: {
        summary: 'Its shards and their classes',
        params: runParams,
        response: { 200: shardsAnswer },
      },
    },
    async ({ params }) => ({ shards: await training.shards(params.id) }),
  )

  app.get(
    '/api/runs/:id/ledger',
    {
      ...costly,
      schema: {
        summary: 'Its verdict frames from a round on, as bytes',
        params: runParams,
        querystring: z.object({ from: round.default(0) }),
      },
    },
    async ({ params, query }, reply) => {
      const frames = await training.ledger(params.id, query.from)
      return reply
        .type('application/octet-stream')
        .header('cache-control', 'no-store')
        .send(Buffer.from(frames.buffer, frames.byteOffset, frames.byteLength))
    },
  )
}
