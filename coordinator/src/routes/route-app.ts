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

export const runParams = z.object({ id: z.string().min(1).max(64) })

/** A pre-handler that lets only the signed-in operator through. */
export type OperatorCheck = (request: FastifyRequest) => Promise<void>
