import { z } from 'zod'
import type { Telemetry } from '../telemetry.ts'
import { VERSION } from '../version.ts'
import type { RouteApp } from './route-app.ts'

const healthAnswer = z.strictObject({ status: z.literal('ok'), version: z.string(), runs: z.int() })

export function healthRoutes(
  app: RouteApp,
  parts: { telemetry: Telemetry; runCount: () => number },
): void {
  const free = { config: { rateLimit: false as const } }

  app.get(
    '/healthz',
    {
      ...free,
      schema: { summary: 'Whether the server is alive', response: { 200: healthAnswer } },
    },
    async () => ({
      status: 'ok' as const,
      version: VERSION,
      runs: parts.runCount(),
    }),
  )

  app.get('/metrics', { ...free, schema: { hide: true } }, async (_, reply) => {
    const { contentType, text } = await parts.telemetry.scrape()
    return reply.type(contentType).header('cache-control', 'no-store').send(text)
  })
}
