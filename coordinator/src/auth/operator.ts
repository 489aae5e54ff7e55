import { createHash } from 'node:crypto'
import type { Clock } from '@quorate/shared/clock/clock'
import { CodedError } from '../errors.ts'
import type { Entropy } from '../training/ports.ts'
import { hashPassword, passwordMatches } from './password.ts'

/** What is kept of the operator: hashes only. */
export interface OperatorSecrets {
  secret(name: 'link' | 'password'): Promise<string | null>
  saveSecret(name: 'link' | 'password', hash: string): Promise<void>
  /** Removes the secret if it is this one; true for exactly one caller. */
  takeSecret(name: 'link', hash: string): Promise<boolean>
  sessionExpiresAtMs(tokenHash: string): Promise<number | null>
  /** Of all sessions the `keep` that last longest stay. */
  addSession(tokenHash: string, expiresAtMs: number, keep: number): Promise<void>
  removeSession(tokenHash: string): Promise<void>
  removeSessionsExcept(tokenHash: string): Promise<void>
}

export const SESSION_MS = 30 * 24 * 60 * 60 * 1000
const SESSIONS_KEPT = 100

/** The one operator: signs in by a link that works once, or by a password. */
export class Operator {
  readonly #secrets: OperatorSecrets
  readonly #clock: Clock
  readonly #entropy: Entropy

  constructor(parts: { secrets: OperatorSecrets; clock: Clock; entropy: Entropy }) {
    this.#secrets = parts.secrets
    this.#clock = parts.clock
    this.#entropy = parts.entropy
  }

  /** A fresh token for a link; the one before it does not work any more. */
  async issueLink(): Promise<string> {
    const token = this.#token()
    await this.#secrets.saveSecret('link', hashToken(token))
    return token
  }

  /** Returns a session's token. Rejects with SIGN_IN_REFUSED. */
  async signIn(credentials: { token: string } | { password: string }): Promise<string> {
    const accepted =
      'token' in credentials
        ? await this.#secrets.takeSecret('link', hashToken(credentials.token))
        : await this.#passwordIsRight(credentials.password)
    if (!accepted) {
      throw new CodedError(
        'SIGN_IN_REFUSED',
        'token' in credentials
          ? 'This link was used already or belongs to an earlier start. Every start prints a new one.'
          : 'This password is not right. A new start prints a link that signs in without it.',
      )
    }
    const session = this.#token()
    const expiresAtMs = this.#clock.nowMs() + SESSION_MS
    await this.#secrets.addSession(hashToken(session), expiresAtMs, SESSIONS_KEPT)
    return session
  }

  async isSignedIn(session: string | undefined): Promise<boolean> {
    if (session === undefined || session.length > 256) return false
    const expiresAtMs = await this.#secrets.sessionExpiresAtMs(hashToken(session))
    return expiresAtMs !== null && expiresAtMs > this.#clock.nowMs()
  }

  async signOut(session: string): Promise<void> {
    await this.#secrets.removeSession(hashToken(session))
  }

  async hasPassword(): Promise<boolean> {
    return (await this.#secrets.secret('password')) !== null
  }

  /** Signs out every other session. */
  async setPassword(password: string, session: string): Promise<void> {
    await this.#secrets.saveSecret('password', await hashPassword(password))
    await this.#secrets.removeSessionsExcept(hashToken(session))
  }

  async #passwordIsRight(password: string): Promise<boolean> {
    const hash = await this.#secrets.secret('password')
    return hash !== null && (await passwordMatches(password, hash))
  }

  #token(): string {
    return Buffer.from(this.#entropy(32)).toString('base64url')
  }
}

/** Tokens are 256 random bits: a plain hash is enough to look them up without keeping them. */
function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
