import { inviteAnswer, previewAnswer, runView } from '@quorate/shared/api/api'
import { runSettings } from '@quorate/shared/run/settings'
import { z } from 'zod'
import type { TrainingService } from '../training/service.ts'
import type { OperatorCheck, RouteApp } from './route-app.ts'
import { runParams } from './route-app.ts'

const ACTIONS = {
  start: 'Start a run',
  pause: 'Pause it',
  resume: 'Go on with it',
  stop: 'End it',
  again: 'Make and start a run like it, with another seed',
} as const

/** What only the signed-in operator may do. */
export function runControlRoutes(
  app: RouteApp,
  training: TrainingService,
  onRequest: OperatorCheck,
): void {
  const config = { bodyErrorCode: 'RUN_SETTINGS' } as const

  app.post(
    '/api/runs',
    {
      onRequest,
      config,
      schema: { summary: 'Make a run', body: runSettings, response: { 201: runView } },
    },
    async ({ body }, reply) => reply.status(201).send(await training.create(body)),
  )

  app.post(
    '/api/runs/preview',
    {
      onRequest,
      config,
      schema: {
        summary: 'What a run of these settings would be',
        body: runSettings,
        response: { 200: previewAnswer },
      },
    },
    async ({ body }) => training.preview(body),
  )

  for (const action of ['start', 'pause', 'resume', 'stop', 'again'] as const) {
    app.post(
      `/api/runs/:id/${action}`,
      {
        onRequest,
        schema: { summary: ACTIONS[action], params: runParams, response: { 200: runView } },
      },
      async ({ params }) => training[action](params.id),
    )
  }

  app.get(
    '/api/runs/:id/invite',
    {
      onRequest,
      schema: {
        summary: 'The code that newcomers need, if any',
        params: runParams,
        response: { 200: inviteAnswer },
      },
    },
    async ({ params }) => ({ code: training.invite(params.id) }),
  )

  app.post(
    '/api/runs/:id/invite',
    {
      onRequest,
      schema: {
        summary: 'Make a new invite code, which ends the one before, or let anyone in',
        params: runParams,
        body: z.strictObject({ on: z.boolean() }),
        response: { 200: inviteAnswer },
      },
    },
    async ({ params, body }) => ({ code: await training.setInvite(params.id, body.on) }),
  )

  app.delete(
    '/api/runs/:id',
    {
      onRequest,
      schema: { summary: 'Delete a run', params: runParams, response: { 204: z.null() } },
    },
    async ({ params }, reply) => {
      await training.remove(params.id)
      return reply.status(204).send(null)
    },
  )

  app.post(
    '/api/runs/:id/contributors/:number/kick',
    {
      onRequest,
      schema: {
        summary: 'Remove a contributor, or ban it',
        params: runParams.extend({ number: z.coerce.number().int().min(0).max(0xffffffff) }),
        body: z.strictObject({ ban: z.boolean().default(false) }),
        response: { 204: z.null() },
      },
    },
    async ({ params, body }, reply) => {
      await training.kick(params.id, params.number, body.ban)
      return reply.status(204).send(null)
    },
  )
}
