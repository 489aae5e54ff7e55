/** Control messages: text, and so bytes that need not be UTF-8. */
import { parseMessage } from '@quorate/coordinator/training/parse-message'
import type { Generator } from '@quorate/shared/random/generator'
import { noTraffic } from '@quorate/shared/protocol/traffic'
import { coordinatorMessage } from '@quorate/shared/protocol/messages'
import { demoSettings, runSettings } from '@quorate/shared/run/settings'
import { PROTOCOL_VERSION } from '@quorate/shared/wire/version'
import type { Target } from './target.ts'
import { pick } from './target.ts'

const digest = 'a5'.repeat(32)
const checkpoint = { round: 3, digest, url: `/api/blobs/${digest}` }
const settings = runSettings.parse(demoSettings)

const FROM_CONTRIBUTORS: readonly object[] = [
  {
    ...{ type: 'hello', protocol: PROTOCOL_VERSION, run: 'abc', webrtc: true, peer: null },
    resume: { id: 'x', token: 'y' },
    ...{ invite: 'code', key: digest, signature: digest + digest },
  },
  { type: 'loaded', sequence: 1, chunks: [digest, digest] },
  { type: 'ready', round: 1, digest, backend: 'wasm', stepMs: { wasm: 3.5 } },
  { type: 'unready' },
  { type: 'loudness', attempt: 4, value: 0.5 },
  { type: 'abstain', round: 1, attempt: 2, reason: 'late' },
  { type: 'digest', round: 10, digest },
  { type: 'heartbeat', stepMs: null, peers: 3, traffic: noTraffic },
  { type: 'bye' },
]

const FROM_COORDINATOR: readonly object[] = [
  {
    ...{ type: 'welcome', protocol: PROTOCOL_VERSION, id: 'x', contributor: 1, name: 'Ada' },
    ...{ token: 't', round: 3, checkpoint, peer: null, iceServers: [{ urls: 'stun:x' }] },
    run: { id: 'abc', number: 7, settings, input: [28, 28, 1], classes: 10, d: 1000 },
    state: { kind: 'training' },
  },
  {
    ...{ type: 'lease', version: 1, expiresInMs: 60_000 },
    parts: [{ shard: 0, chunks: [{ digest, records: 5, sizeBytes: 99 }], fraction: 0.5 }],
  },
  { type: 'calibrate', attempt: 1, loaded: 1, share: 1, deadlineMs: 1000 },
  { type: 'excuse', round: 1, attempt: 2, contributor: 3, slice: null },
  { type: 'resend', round: 1, attempt: 2, slice: 0 },
  { type: 'recall', round: 1, attempt: 2, slice: 0 },
  { type: 'challenge', nonce: '0123456789abcdef' },
  { type: 'state', state: { kind: 'waiting', need: 2, have: 1 } },
  { type: 'alive' },
  { type: 'behind', round: 4, checkpoint },
  { type: 'resync', round: 4, checkpoint },
  { type: 'error', code: 'KICKED', detail: 'no', fatal: true, strikes: 0 },
]

/** Pieces of JSON that parsers stumble over. */
const TRAPS = [
  '{"__proto__":{"type":"bye"}}',
  '['.repeat(5000),
  '1e999',
  '"\\ud800"',
  '-0',
  '\u0000',
]

function textOf(random: Generator, messages: readonly object[]): Uint8Array {
  const text = JSON.stringify(pick(random, messages))
  if (random.below(20) > 0) return Buffer.from(text)
  const at = random.below(text.length)
  return Buffer.from(text.slice(0, at) + pick(random, TRAPS) + text.slice(at))
}

export const MESSAGE_TARGETS: readonly Target[] = [
  {
    name: 'message of a contributor',
    make: (random) => textOf(random, FROM_CONTRIBUTORS),
    read: (bytes) => void parseMessage(Buffer.from(bytes).toString()),
    // What does not pass is an answer, not an error.
    codes: new Set(),
    mostBytes: 300_000,
  },
  {
    name: 'message of the coordinator',
    make: (random) => textOf(random, FROM_COORDINATOR),
    read: (bytes) => {
      let json: unknown
      try {
        json = JSON.parse(Buffer.from(bytes).toString())
      } catch (error) {
        if (error instanceof SyntaxError) return
        throw error
      }
      coordinatorMessage.safeParse(json)
    },
    codes: new Set(),
    mostBytes: 300_000,
  },
]
