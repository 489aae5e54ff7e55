import { toHex } from '@quorate/shared/bytes/hex'
import { sha256Hex } from '@quorate/shared/bytes/sha256'
import type { CoordinatorMessage } from '@quorate/shared/protocol/messages'
import { Contributor } from './contributor.ts'
import { generateName } from './names.ts'
import type { Entropy, StoredContributor } from './ports.ts'

const ID_BYTES = 8
const TOKEN_BYTES = 32
/** Contributors of one run, present and past, that are known at once. */
export const MAX_KNOWN = 10_000

/** The contributors of one run: who they are, and which token makes somebody one of them. */
export class Roster {
  readonly #byNumber = new Map<number, Contributor>()
  readonly #byId = new Map<string, Contributor>()
  readonly #entropy: Entropy
  #next = 1
  readonly #bannedKeys = new Set<string>()

  constructor(entropy: Entropy, known: readonly StoredContributor[], batch: number) {
    this.#entropy = entropy
    for (const stored of known) {
      const contributor = new Contributor({ ...stored, batch })
      contributor.status = 'away'
      contributor.banned = stored.banned
      contributor.roundsCounted = stored.roundsCounted
      contributor.roundsMissed = stored.roundsMissed
      contributor.lastSeenMs = stored.lastSeenMs
      this.#add(contributor)
    }
  }

  /** Present and past. */
  get size(): number {
    return this.#byNumber.size
  }

  get(number: number): Contributor | undefined {
    return this.#byNumber.get(number)
  }

  /** Those with an open connection. */
  present(): Contributor[] {
    return [...this.#byNumber.values()].filter((contributor) => contributor.connection !== null)
  }

  /** The same to everybody with an open connection. */
  tell(message: CoordinatorMessage): void {
    const text = JSON.stringify(message)
    for (const { connection } of this.#byNumber.values()) connection?.send(text)
  }

  /** Present and taking part. */
  ready(): Contributor[] {
    return this.present().filter((contributor) => contributor.status === 'ready')
  }

  /** Excluded for good, and whoever else comes with the same key until the next start. */
  ban(contributor: Contributor): void {
    contributor.banned = true
    if (contributor.key) this.#bannedKeys.add(toHex(contributor.key))
  }

  /** `key` in hex. */
  isBanned(key: string): boolean {
    return this.#bannedKeys.has(key)
  }

  /** The contributor that `id` and `token` prove to be, or null. */
  resume(id: string, token: string): Contributor | null {
    const contributor = this.#byId.get(id)
    return contributor?.tokenHash === hashToken(token) ? contributor : null
  }

  /**
   * A newcomer and the secret that lets it come back; its number is larger than any before. A full
   * roster forgets who has been away longest, those first that were never counted; null where
   * everyone is here or banned.
   */
  admit(
    nowMs: number,
    batch: number,
  ): { contributor: Contributor; token: string; forgotten: Contributor | null } | null {
    const forgotten = this.#byNumber.size >= MAX_KNOWN ? this.#forget() : null
    if (this.#byNumber.size >= MAX_KNOWN) return null
    const token = toHex(this.#entropy(TOKEN_BYTES))
    const number = this.#next
    const contributor = new Contributor({
      number,
      id: toHex(this.#entropy(ID_BYTES)),
      name: generateName(this.#entropy, number),
      tokenHash: hashToken(token),
      joinedAtMs: nowMs,
      batch,
    })
    this.#add(contributor)
    return { contributor, token, forgotten }
  }

  #forget(): Contributor | null {
    const away = [...this.#byNumber.values()].filter((one) => !one.connection && !one.banned)
    if (away.length === 0) return null
    const chosen = away.reduce((a, b) => {
      const [countedA, countedB] = [a.roundsCounted > 0, b.roundsCounted > 0]
      if (countedA !== countedB) return countedA ? b : a
      return b.lastSeenMs < a.lastSeenMs ? b : a
    })
    this.#byNumber.delete(chosen.number)
    this.#byId.delete(chosen.id)
    return chosen
  }

  #add(contributor: Contributor): void {
    this.#byNumber.set(contributor.number, contributor)
    this.#byId.set(contributor.id, contributor)
    this.#next = Math.max(this.#next, contributor.number + 1)
  }
}

function hashToken(token: string): string {
  return sha256Hex(new TextEncoder().encode(token))
}
