import type { Problem } from '@quorate/shared/api/api'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod'
import type { ErrorCode } from './errors.ts'
import { CodedError, ERRORS } from './errors.ts'
import { TrainingError } from './training/service.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The code of a body that does not pass its schema. */
    bodyErrorCode?: ErrorCode
  }
}

interface Refusal {
  readonly code: ErrorCode
  readonly detail: string
  readonly issues?: { path: string; message: string }[]
}

/** Answers everything that fails with an RFC 9457 problem document; no other place does. */
export function answerWithProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const refusal = refusalOf(error, request)
    const { status } = ERRORS[refusal.code]
    if (status >= 500) request.log.error({ err: error, code: refusal.code }, 'a request failed')
    return sendProblem(reply, refusal)
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, { code: 'NOT_FOUND', detail: `There is no ${request.url.slice(0, 200)}.` }),
  )
}

export function problemOf(refusal: Refusal): Problem {
  const { status, title } = ERRORS[refusal.code]
  // What failed inside is in the log; its paths and values are nobody else's business.
  const detail = status >= 500 ? `${title}. The server's log says more.` : refusal.detail
  const { code, issues } = refusal
  const type = `/api/errors#${code}`
  return { type, title, status, detail, code, ...(issues && { issues }) }
}

function sendProblem(reply: FastifyReply, refusal: Refusal): FastifyReply {
  const body = problemOf(refusal)
  return reply
    .status(body.status)
    .header('cache-control', 'no-store')
    .type('application/problem+json')
    .serializer((payload: unknown) => JSON.stringify(payload))
    .send(body)
}

function refusalOf(error: FastifyError, request: FastifyRequest): Refusal {
  if (error instanceof CodedError || error instanceof TrainingError) {
    return { code: error.code, detail: error.message }
  }
  if (hasZodFastifySchemaValidationErrors(error)) return validationRefusal(error, request)
  switch (error.statusCode) {
    case 413:
      return { code: 'TOO_LARGE', detail: 'The body of the request is too large.' }
    case 415:
      return { code: 'UNSUPPORTED_MEDIA_TYPE', detail: 'Send application/json.' }
    case 429:
      return { code: 'TOO_MANY_REQUESTS', detail: 'Wait a minute and try again.' }
    default: {
      const isRefusal = (error.statusCode ?? 500) < 500
      return { code: isRefusal ? 'BAD_REQUEST' : 'INTERNAL', detail: error.message }
    }
  }
}

function validationRefusal(
  error: Pick<FastifyError, 'validation' | 'validationContext'>,
  request: FastifyRequest,
): Refusal {
  const issues = (error.validation ?? []).map(({ instancePath, message }) => ({
    path: instancePath.split('/').filter(Boolean).join('.'),
    message: message ?? 'does not pass',
  }))
  const where = error.validationContext ?? 'request'
  const bodyCode = where === 'body' ? request.routeOptions.config.bodyErrorCode : undefined
  const sentences = issues.map(({ path, message }) => (path ? `${path}: ${message}` : message))
  return { code: bodyCode ?? 'BAD_REQUEST', detail: sentences.join('; '), issues }
}
