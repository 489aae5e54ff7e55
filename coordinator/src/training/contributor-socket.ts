import { fromHex, toHex } from '@quorate/shared/bytes/hex'
import type { Clock } from '@quorate/shared/clock/clock'
import { isWeakKey } from '@quorate/shared/keys/ed25519'
import { helloStatement } from '@quorate/shared/keys/statements'
import { PROTOCOL_VERSION } from '@quorate/shared/wire/version'
import { z } from 'zod'
import type { Contributor } from './contributor.ts'
import type { Allowance } from './allowance.ts'
import type { Members } from './members.ts'
import { parseMessage } from './parse-message.ts'
import type { Connection, Entropy } from './ports.ts'
import { TrainingError } from './service.ts'
import type { ContributorSocket } from './service.ts'
import { isSignedBy } from './signatures.ts'

/** A socket that has not said hello by then is closed. */
const HELLO_WITHIN_MS = 10_000
/** A hello is short, and until one has come nobody is known. */
const MAX_HELLO_BYTES = 16 * 1024
const NONCE_BYTES = 16
/** Control messages are short. */
const MAX_TEXT_LENGTH = 64 * 1024

type Stage =
  | { readonly kind: 'hello-awaited'; readonly cancel: () => void }
  | { readonly kind: 'joined'; readonly contributor: Contributor; readonly members: Members }
  | { readonly kind: 'closed' }

/** The version that a hello of any version names; null where there is none. */
function versionIn(text: string): number | null {
  try {
    const said = z
      .object({ type: z.literal('hello'), protocol: z.int() })
      .safeParse(JSON.parse(text))
    return said.success ? said.data.protocol : null
  } catch {
    // Not JSON: it is refused for that.
    return null
  }
}

/** Takes a fresh socket through hello, and then hands everything to the run it belongs to. */
export function acceptContributor(
  connection: Connection,
  ports: {
    clock: Clock
    entropy: Entropy
    /** What may come from its address, besides what rounds ask for. */
    addressAllowance: Allowance
    membersOf: (run: string) => Members | TrainingError
  },
): ContributorSocket {
  const { clock } = ports
  const nonce = toHex(ports.entropy(NONCE_BYTES))
  let stage: Stage = {
    kind: 'hello-awaited',
    // A page that stood still while it connected comes back.
    cancel: clock.after(HELLO_WITHIN_MS, () => {
      turnAway('HELLO_MISSING', 'No hello came in time.', false)
    }),
  }

  function turnAway(code: string, detail: string, fatal = true): void {
    if (stage.kind === 'hello-awaited') stage.cancel()
    stage = { kind: 'closed' }
    connection.send(JSON.stringify({ type: 'error', code, detail, fatal, strikes: 0 }))
    connection.close(4000, code)
  }

  /** False, and the socket is closed, when it sends more than anybody needs to. */
  function withinRate(sizeBytes: number): boolean {
    const nowMs = clock.nowMs()
    const { addressAllowance } = ports
    const allowance = stage.kind === 'joined' ? stage.contributor.allowance : null
    const excess = allowance
      ? allowance.excess(sizeBytes, addressAllowance, nowMs)
      : addressAllowance.excess(sizeBytes, nowMs) && 'address'
    if (!excess) return true
    if (excess === 'address' || stage.kind !== 'joined') leaveToOthers()
    else {
      const { members, contributor } = stage
      stage = { kind: 'closed' }
      members.kick(contributor, excess === 'messages' ? 'RATE_LIMITED' : 'BYTES_LIMITED')
    }
    return false
  }

  /** Too much came from its address, which need not be its own doing: it may come back later. */
  function leaveToOthers(): void {
    const before = stage
    const detail = 'Far too much came from this network address; wait a moment.'
    turnAway('ADDRESS_RATE_LIMITED', detail, false)
    if (before.kind === 'joined') before.members.gone(before.contributor, connection, false)
  }

  function hello(text: string): void {
    const version = versionIn(text)
    if (version !== null && version !== PROTOCOL_VERSION) {
      const detail = `This server speaks version ${PROTOCOL_VERSION}; reload the page to get it.`
      return turnAway('PROTOCOL_VERSION', detail)
    }
    const message = parseMessage(text)
    if (!message.ok) return turnAway('MESSAGE_INVALID', message.detail)
    if (message.value.type !== 'hello') return turnAway('HELLO_MISSING', 'hello comes first')
    const { run, key, signature } = message.value
    const publicKey = fromHex(key)
    const statement = helloStatement({ run, nonce })
    if (isWeakKey(publicKey) || !isSignedBy(publicKey, statement, fromHex(signature))) {
      return turnAway('KEY_NOT_PROVEN', 'The signature is not of this key and this connection.')
    }
    const members = ports.membersOf(message.value.run)
    if (members instanceof TrainingError) return turnAway(members.code, members.message)
    const joined = members.join(connection, message.value)
    if ('code' in joined) return turnAway(joined.code, joined.detail, joined.fatal)
    if (stage.kind === 'hello-awaited') stage.cancel()
    stage = { kind: 'joined', contributor: joined, members }
  }

  /** Whether what comes here still speaks for its contributor: not excluded, nor here anew. */
  function heard(sizeBytes: number): boolean {
    if (stage.kind === 'joined' && stage.contributor.connection !== connection) {
      stage = { kind: 'closed' }
    }
    return stage.kind !== 'closed' && withinRate(sizeBytes)
  }

  function mostBytes(): number {
    return stage.kind === 'joined'
      ? Math.max(stage.members.mostBytes, MAX_TEXT_LENGTH)
      : MAX_HELLO_BYTES
  }

  function tooLarge(): void {
    if (stage.kind === 'closed') return
    const detail = `at most ${mostBytes()} bytes`
    if (stage.kind === 'hello-awaited') return turnAway('MESSAGE_TOO_LARGE', detail)
    stage.members.offence(stage.contributor, 'MESSAGE_TOO_LARGE', detail)
    connection.close(1009, 'MESSAGE_TOO_LARGE')
  }

  connection.send(JSON.stringify({ type: 'challenge', nonce }))
  return {
    get mostBytes() {
      return mostBytes()
    },
    tooLarge,
    text(message) {
      if (!heard(message.length) || stage.kind === 'closed') return
      if (stage.kind === 'hello-awaited') {
        if (message.length > MAX_HELLO_BYTES) return tooLarge()
        return hello(message)
      }
      if (message.length > MAX_TEXT_LENGTH) {
        const detail = `at most ${MAX_TEXT_LENGTH} characters`
        return stage.members.offence(stage.contributor, 'MESSAGE_TOO_LARGE', detail)
      }
      stage.members.text(stage.contributor, message)
    },
    frame(bytes) {
      // What no message may have is refused unread, and counts as a broken one.
      if (!heard(Math.min(bytes.length, mostBytes())) || stage.kind === 'closed') return
      if (stage.kind === 'hello-awaited') return turnAway('HELLO_MISSING', 'hello comes first')
      stage.members.frame(stage.contributor, bytes)
    },
    closed(clean) {
      const before = stage
      stage = { kind: 'closed' }
      if (before.kind === 'hello-awaited') before.cancel()
      if (before.kind === 'joined') before.members.gone(before.contributor, connection, clean)
    },
  }
}
