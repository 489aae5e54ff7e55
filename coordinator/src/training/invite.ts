import { sha256Hex } from '@quorate/shared/bytes/sha256'
import type { Entropy } from './ports.ts'
import { INVITE_NEEDED, INVITE_WRONG } from './refusals.ts'
import type { Refusal } from './refusals.ts'

/** 32 letters and digits that are not taken for one another; 80 bits in 16 of them. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz023456789'
const LENGTH = 16

/** The code that lets newcomers into a run; null: anyone may come. */
export class Invite {
  code: string | null

  constructor(code: string | null) {
    this.code = code
  }

  /** Why somebody with the code `given` may not come in; null: it may. */
  refusal(given: string | null): Refusal | null {
    if (this.code === null) return null
    if (given === null) return INVITE_NEEDED
    // Hashed, so that the time it takes tells nothing of the code.
    return hashOf(given) === hashOf(this.code) ? null : INVITE_WRONG
  }
}

export function newInviteCode(entropy: Entropy): string {
  const letters = [...entropy(LENGTH)].map((byte) => LETTERS[byte % LETTERS.length])
  return letters.join('').replace(/(.{4})(?=.)/g, '$1-')
}

function hashOf(code: string): string {
  return sha256Hex(new TextEncoder().encode(code))
}
