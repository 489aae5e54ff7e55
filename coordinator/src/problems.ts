import type { Problem } from '@quorate/shared/api/api'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { ErrorCode } from './errors.ts'
import { CodedError, ERRORS } from './errors.ts'
import { KnownRoutes } from './known-routes.ts'
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

/**
 * Answers everything that fails with an RFC 9457 problem document, or with a page where a browser
 * has lost its way; no other place does. Called before there are routes.
 */
export function answerWithProblems(app: FastifyInstance): void {
  const routes = new KnownRoutes(app)
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const refusal = refusalOf(error, request)
    const { status } = ERRORS[refusal.code]
    if (status >= 500) request.log.error({ err: error, code: refusal.code }, 'a request failed')
    return sendProblem(reply, refusal)
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const allowed = routes.methodsAt(path)
    // A folder of files has a route for what is not in it, too.
    if (allowed.length > 0 && !allowed.includes(request.method)) {
      const detail = `${path.slice(0, 200)} takes ${allowed.join(', ')}.`
      return sendProblem(reply.header('allow', allowed.join(', ')), {
        code: 'METHOD_NOT_ALLOWED',
        detail,
      })
    }
    if (!path.startsWith('/api/') && isForPeople(request)) return sendLostPage(reply)
    return sendProblem(reply, { code: 'NOT_FOUND', detail: `There is no ${path.slice(0, 200)}.` })
  })
}

function isForPeople({ method, headers }: FastifyRequest): boolean {
  return method === 'GET' && (headers.accept ?? '').includes('text/html')
}

/** Inline, as the policy of `app.ts` allows; light and dark as the pages' tokens.css has them. */
const LOST_PAGE_STYLE =
  ':root { color-scheme: light dark }' +
  'body { font: 1.1rem/1.5 system-ui; max-width: 32rem; margin: 4rem auto; padding: 1rem;' +
  ' color: light-dark(#17201d, #e9edea); background: light-dark(#f6f5f1, #111615) }' +
  'a { color: light-dark(#0d6b5b, #63d0b5) }'

/** Nothing of the request is in it. */
function sendLostPage(reply: FastifyReply): FastifyReply {
  const { status, title } = ERRORS.NOT_FOUND
  return reply
    .status(status)
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(
      `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>` +
        '<meta name="viewport" content="width=device-width">' +
        '<meta name="color-scheme" content="light dark">' +
        `<style>${LOST_PAGE_STYLE}</style>` +
        `<h1>${title}</h1><p>The link may be old, or a letter is missing.</p>` +
        '<p><a href="/">To the start page</a></p>',
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
  if (error instanceof z.ZodError) return validationRefusal(error, request)
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
  error: z.ZodError & Pick<FastifyError, 'validationContext'>,
  request: FastifyRequest,
): Refusal {
  const where = error.validationContext ?? 'request'
  const issues = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
  const bodyCode = where === 'body' ? request.routeOptions.config.bodyErrorCode : undefined
  const sentences = error.issues.map(({ path, message, code }) => {
    const place = path.join('.') || `the ${where}`
    // A rule between settings is a sentence of its own, anything else goes on after the name.
    return code === 'custom' ? `${place}: ${message}` : `${place} ${message}`
  })
  return { code: bodyCode ?? 'BAD_REQUEST', detail: `${sentences.join('; ')}.`, issues }
}
