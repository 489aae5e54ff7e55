import { sessionAnswer } from '@quorate/shared/api/api'
import { z } from 'zod'
import { SESSION_COOKIE } from '../auth/guard.ts'
import type { Operator } from '../auth/operator.ts'
import { SESSION_MS } from '../auth/operator.ts'
import { CodedError } from '../errors.ts'
import { VERSION } from '../version.ts'
import type { OperatorCheck, RouteApp } from './route-app.ts'

const credentials = z.union([
  z.strictObject({ token: z.string().min(1).max(256) }),
  z.strictObject({ password: z.string().min(1).max(256) }),
])

/** Tries to sign in per address and minute. */
const ATTEMPTS_PER_MINUTE = 10

const attemptLimit = {
  max: ATTEMPTS_PER_MINUTE,
  timeWindow: 60_000,
  errorResponseBuilder: () =>
    new CodedError('TOO_MANY_ATTEMPTS', 'Wait a minute before you try again.'),
}

/** Signing in and out. `secure`: the page is reached over HTTPS. */
export function sessionRoutes(
  app: RouteApp,
  parts: { operator: Operator; operatorOnly: OperatorCheck; secure: boolean },
): void {
  const { operator, operatorOnly } = parts
  const cookie = {
    path: '/',
    httpOnly: true,
    sameSite: 'strict',
    secure: parts.secure,
    maxAge: SESSION_MS / 1000,
  } as const
  const answer = async (isOperator: boolean) => ({
    operator: isOperator,
    hasPassword: await operator.hasPassword(),
    version: VERSION,
  })

  app.get(
    '/api/session',
    {
      schema: {
        summary: 'Whether this browser is signed in as the operator',
        response: { 200: sessionAnswer },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store')
      return answer(await operator.isSignedIn(request.cookies[SESSION_COOKIE]))
    },
  )

  app.post(
    '/api/session',
    {
      config: { rateLimit: attemptLimit },
      schema: {
        summary: 'Sign in by link or password',
        body: credentials,
        response: { 200: sessionAnswer },
      },
    },
    async ({ body }, reply) => {
      reply.setCookie(SESSION_COOKIE, await operator.signIn(body), cookie)
      return answer(true)
    },
  )

  app.put(
    '/api/session/password',
    {
      onRequest: operatorOnly,
      schema: {
        summary: 'Set the password',
        body: z.strictObject({ password: z.string().min(10).max(256) }),
        response: { 204: z.null() },
      },
    },
    async ({ body, cookies }, reply) => {
      await operator.setPassword(body.password, cookies[SESSION_COOKIE] ?? '')
      return reply.status(204).send(null)
    },
  )

  app.delete(
    '/api/session',
    { schema: { summary: 'Sign out', response: { 204: z.null() } } },
    async ({ cookies }, reply) => {
      const session = cookies[SESSION_COOKIE]
      if (session !== undefined) await operator.signOut(session)
      return reply.clearCookie(SESSION_COOKIE, cookie).status(204).send(null)
    },
  )
}
