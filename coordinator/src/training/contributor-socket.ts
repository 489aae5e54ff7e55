import type { Clock } from '@quorate/shared/clock/clock'
import { PROTOCOL_VERSION } from '@quorate/shared/wire/version'
import type { Contributor } from './contributor.ts'
import { parseMessage } from './members.ts'
import type { Members } from './members.ts'
import type { Connection } from './ports.ts'
import { TrainingError } from './service.ts'
import type { ContributorSocket } from './service.ts'

/** A socket that has not said hello by then is closed. */
const HELLO_WITHIN_MS = 10_000
/** A hello is short, and until one has come nobody is known. */
const MAX_HELLO_BYTES = 16 * 1024
/** Control messages are short. */
const MAX_TEXT_LENGTH = 64 * 1024
/** Messages of either kind, on the long run and in a burst. */
const MESSAGES_PER_SECOND = 200
const BURST_MESSAGES = 2000

type Stage =
  | { readonly kind: 'hello-awaited'; readonly cancel: () => void }
  | { readonly kind: 'joined'; readonly contributor: Contributor; readonly members: Members }
  | { readonly kind: 'closed' }

/** Takes a fresh socket through hello, and then hands everything to the run it belongs to. */
export function acceptContributor(
  connection: Connection,
  ports: { clock: Clock; membersOf: (run: string) => Members | TrainingError },
): ContributorSocket {
  const { clock } = ports
  let tokens = BURST_MESSAGES
  let tokensAtMs = clock.nowMs()
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
  function withinRate(): boolean {
    const nowMs = clock.nowMs()
    tokens = Math.min(BURST_MESSAGES, tokens + ((nowMs - tokensAtMs) / 1000) * MESSAGES_PER_SECOND)
    tokensAtMs = nowMs
    if (tokens >= 1) {
      tokens -= 1
      return true
    }
    if (stage.kind === 'joined') {
      const { members, contributor } = stage
      stage = { kind: 'closed' }
      members.kick(contributor, 'RATE_LIMITED')
    } else turnAway('RATE_LIMITED', 'Too many messages.')
    return false
  }

  function hello(text: string): void {
    const message = parseMessage(text)
    if (!message.ok) return turnAway('MESSAGE_INVALID', message.detail)
    if (message.value.type !== 'hello') return turnAway('HELLO_MISSING', 'hello comes first')
    if (message.value.protocol !== PROTOCOL_VERSION) {
      const detail = `This server speaks version ${PROTOCOL_VERSION}; reload the page to get it.`
      return turnAway('PROTOCOL_VERSION', detail)
    }
    const members = ports.membersOf(message.value.run)
    if (members instanceof TrainingError) return turnAway(members.code, members.message)
    const joined = members.join(connection, message.value)
    if ('code' in joined) return turnAway(joined.code, joined.detail, joined.fatal)
    if (stage.kind === 'hello-awaited') stage.cancel()
    stage = { kind: 'joined', contributor: joined, members }
  }

  /** Whether what comes here still speaks for its contributor: not excluded, nor here anew. */
  function heard(): boolean {
    if (stage.kind === 'joined' && stage.contributor.connection !== connection) {
      stage = { kind: 'closed' }
    }
    return stage.kind !== 'closed' && withinRate()
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

  return {
    get mostBytes() {
      return mostBytes()
    },
    tooLarge,
    text(message) {
      if (!heard() || stage.kind === 'closed') return
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
      if (!heard() || stage.kind === 'closed') return
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
