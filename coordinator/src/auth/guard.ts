import type { FastifyInstance, FastifyRequest } from 'fastify'
import { CodedError } from '../errors.ts'
import type { Operator } from './operator.ts'

export const SESSION_COOKIE = 'quorate_session'

/** A hook before anything of the request is looked at: lets only the signed-in operator through. */
export function operatorOnly(operator: Operator): (request: FastifyRequest) => Promise<void> {
  return async (request) => {
    if (await operator.isSignedIn(request.cookies[SESSION_COOKIE])) return
    throw new CodedError('SIGN_IN_NEEDED', 'Sign in at /operator first.')
  }
}

const READING = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Refuses what changes something and comes from a page of another site; together with the
 * SameSite cookie and bodies that must be JSON this leaves no way for cross-site requests.
 */
export function refuseForeignOrigins(app: FastifyInstance, publicUrl: URL | null): void {
  app.addHook('onRequest', async (request) => {
    if (READING.has(request.method) || isOwnOrigin(request, publicUrl)) return
    throw new CodedError('FOREIGN_ORIGIN', 'Requests that change something must come from here.')
  })
}

function isOwnOrigin(request: FastifyRequest, publicUrl: URL | null): boolean {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  const { origin } = request.headers
  if (origin === undefined) return true
  if (origin === publicUrl?.origin) return true
  return URL.canParse(origin) && new URL(origin).host === request.host
}
