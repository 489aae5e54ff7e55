import type {
  FastifyBaseLogger,
  FastifyInstance,
  FastifyRequest,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import { z } from 'zod'

/** The app as routes see it: schemas are zod, and give the types. */
export type RouteApp = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  ZodTypeProvider
>

/**
 * For answers that take this server's one thread tens of milliseconds: per address and minute so
 * many that a room of tabs can start at once, and not so many that training stands still.
 */
export const costly = { config: { rateLimit: { max: 600, timeWindow: 60_000 } } } as const

export const runParams = z.object({ id: z.string().min(1).max(64) })

/** A pre-handler that lets only the signed-in operator through. */
export type OperatorCheck = (request: FastifyRequest) => Promise<void>
