/** How much a socket may say: so much by itself, and for each round that it is asked in as much as that takes. */
import type { Method } from '@quorate/shared/methods/method'
import { HEADER_BYTES } from '@quorate/shared/wire/frame'
import { AUDIT_BYTES, listingBytes } from '@quorate/shared/wire/audit'
import { proofBytes } from '@quorate/shared/wire/proof'
import { largestTallyBytes } from '@quorate/shared/wire/tally'
import { Bucket } from './bucket.ts'
import type { BucketSize } from './bucket.ts'
import { contributionBytes } from './contribution-bytes.ts'

export interface Load {
  readonly messages: number
  readonly bytes: number
}

export interface AllowanceSize {
  readonly messages: BucketSize
  readonly bytes: BucketSize
}

/** What a contributor may say outside of rounds: hello, loaded, heartbeats; a tenth of it is much. */
export const OWN_SIZE: AllowanceSize = {
  messages: { most: 2000, perSecond: 200 },
  bytes: { most: 1024 * 1024, perSecond: 64 * 1024 },
}

/** Messages, and bytes in them. */
export class Allowance {
  readonly #messages: Bucket
  readonly #bytes: Bucket

  constructor(size: AllowanceSize, nowMs: number) {
    this.#messages = new Bucket(size.messages, nowMs)
    this.#bytes = new Bucket(size.bytes, nowMs)
  }

  /** One more message of so many bytes; null where it is within bounds, else what there was too much of. */
  excess(sizeBytes: number, nowMs: number): 'messages' | 'bytes' | null {
    if (!this.#messages.take(1, nowMs)) return 'messages'
    return this.#bytes.take(sizeBytes, nowMs) ? null : 'bytes'
  }
}

/** `own` is for what a contributor says by itself; what rounds ask for is on top. */
export function timesSize({ messages, bytes }: AllowanceSize, factor: number): AllowanceSize {
  const times = ({ most, perSecond }: BucketSize) => {
    return { most: most * factor, perSecond: perSecond * factor }
  }
  return { messages: times(messages), bytes: times(bytes) }
}

/**
 * The most that a round can ask of one contributor: every slice of its ballot, the tally of every
 * slice, as owner or as auditor who is asked for it, and the audits, all through the coordinator;
 * then an `abstain` and a `digest`.
 */
export function roundLoad(
  method: Method,
  { d, block, groupSize }: { d: number; block: number; groupSize: number },
): Load {
  const whole = contributionBytes(method, d, { d, block })
  if (method.kind === 'vectors') return { messages: 3, bytes: whole + 512 }
  const proofs = proofBytes(groupSize) + listingBytes(groupSize, groupSize)
  const slices = groupSize * (3 * HEADER_BYTES + 8 + 4 * groupSize + AUDIT_BYTES + proofs)
  return {
    messages: 3 * groupSize + 2,
    bytes: whole + largestTallyBytes(d, block, groupSize) + slices + 512,
  }
}

/** An honest contributor needs half of what an opening brings it. */
const MARGIN = 2
/** Openings whose allowance may wait to be used: ballots on a slow line come long after. */
const OPENINGS = 16

/** Of one contributor, on whatever connections it comes. */
export class ContributorAllowance {
  readonly #round: Load
  readonly #own: Allowance
  #granted: Load = { messages: 0, bytes: 0 }

  constructor(round: Load, nowMs: number) {
    this.#round = { messages: MARGIN * round.messages, bytes: MARGIN * round.bytes }
    const { messages, bytes } = OWN_SIZE
    const most = Math.max(bytes.most, 2 * this.#round.bytes)
    this.#own = new Allowance({ messages, bytes: { ...bytes, most } }, nowMs)
  }

  /** A round has opened in which it is asked for a ballot. */
  grant(): void {
    const { messages, bytes } = this.#round
    this.#granted = {
      messages: Math.min(this.#granted.messages + messages, OPENINGS * messages),
      bytes: Math.min(this.#granted.bytes + bytes, OPENINGS * bytes),
    }
  }

  /** One more message; what rounds did not ask for counts for its address too. */
  excess(
    sizeBytes: number,
    address: Allowance,
    nowMs: number,
  ): 'messages' | 'bytes' | 'address' | null {
    const { messages, bytes } = this.#granted
    if (messages >= 1 && bytes >= sizeBytes) {
      this.#granted = { messages: messages - 1, bytes: bytes - sizeBytes }
      return null
    }
    const own = this.#own.excess(sizeBytes, nowMs)
    if (own) return own
    return address.excess(sizeBytes, nowMs) ? 'address' : null
  }
}
