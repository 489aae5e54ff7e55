import { createHmac } from 'node:crypto'
import type { Clock } from '@quorate/shared/clock/clock'
import type { IceIssuer, IceServer } from '../training/ports.ts'

/**
 * How long a page may make new connections with one credential. Connections that stand outlive it,
 * and pages are given another one when half of it is over.
 */
export const CREDENTIAL_LIFETIME_MS = 12 * 60 * 60_000

/** TURN servers that take time-limited credentials, with the secret that they share with us. */
export interface TurnSetting {
  /** `turn:` and `turns:` addresses, at least one. */
  readonly urls: readonly string[]
  readonly secret: string
}

/** Gives out the servers as they were set, and for `turn` a credential to each contributor. */
export function iceIssuer(
  setting: { readonly servers: readonly IceServer[]; readonly turn: TurnSetting | null },
  clock: Clock,
): IceIssuer {
  const { servers, turn } = setting
  return (contributor) => {
    if (!turn) return { servers, renewAtMs: null }
    const nowMs = clock.nowMs()
    const expiresAtMs = nowMs + CREDENTIAL_LIFETIME_MS
    const credential = turnCredential(turn.secret, { contributor, expiresAtMs })
    return {
      servers: [...servers, { urls: [...turn.urls], ...credential }],
      renewAtMs: nowMs + CREDENTIAL_LIFETIME_MS / 2,
    }
  }
}

/**
 * A user name that says until when it is good, and the HMAC-SHA1 of it under the shared secret.
 *
 * Source: "A REST API For Access To TURN Services" (draft-uberti-behave-turn-rest-00), 2.2; coturn
 * calls it `use-auth-secret`.
 */
export function turnCredential(
  secret: string,
  whose: { readonly contributor: string; readonly expiresAtMs: number },
): { username: string; credential: string } {
  const username = `${Math.floor(whose.expiresAtMs / 1000)}:${whose.contributor}`
  const credential = createHmac('sha1', secret).update(username).digest('base64')
  return { username, credential }
}
