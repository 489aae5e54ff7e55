/** Sockets that send whatever nobody should, and come back when they are thrown out. */
import { WebSocket } from 'ws'
import { mutated, mutations } from '../fuzz/mutation.ts'
import { TARGETS } from '../fuzz/fuzz.ts'
import type { Generator } from '@quorate/shared/random/generator'
import { generator } from '@quorate/shared/random/generator'
import { PROTOCOL_VERSION } from '@quorate/shared/wire/version'
import * as fc from 'fast-check'

const PATH = 0x4057
const AGAIN_MS = 100
const SAY_EVERY_MS = 20
const FLOOD_AT_ONCE = 300
const LARGE_BYTES = 2 * 2 ** 20

/** What a socket does each time that it may speak; before its first word it says hello or not. */
type Manner = {
  readonly hello: boolean
  readonly say: (random: Generator) => readonly (string | Uint8Array)[]
}

const noise = (random: Generator, most: number) =>
  Uint8Array.from({ length: random.below(most) }, () => random.below(256))

const MANNERS: readonly Manner[] = [
  { hello: false, say: (random) => [noise(random, 400)] },
  { hello: false, say: (random) => [Buffer.from(noise(random, 400)).toString()] },
  { hello: false, say: () => [new Uint8Array(LARGE_BYTES)] },
  // Waits to be thrown out.
  { hello: false, say: () => [] },
  { hello: true, say: (random) => [noise(random, 400)] },
  { hello: true, say: broken },
  { hello: true, say: broken },
  { hello: true, say: () => [new Uint8Array(LARGE_BYTES)] },
  { hello: true, say: () => Array.from({ length: FLOOD_AT_ONCE }, () => '{"type":"bye?"}') },
  {
    hello: true,
    say: () => Array.from({ length: FLOOD_AT_ONCE }, () => digestOf(0xffffffff)),
  },
]

export interface Siege {
  /** Messages sent, connections made, and connections that were closed to them. */
  readonly counts: { sent: number; opened: number; closed: number }
  end(): void
}

/** `sockets` of them against `url`, from several addresses, as limits count by address. */
export function besiege(url: string, run: string, sockets: number): Siege {
  const counts = { sent: 0, opened: 0, closed: 0 }
  const stops = Array.from({ length: sockets }, (_, n) => hostile({ url, run, n, counts }))
  return { counts, end: () => stops.forEach((stop) => stop()) }
}

function hostile(place: {
  url: string
  run: string
  n: number
  counts: Siege['counts']
}): () => void {
  const { url, run, n, counts } = place
  const random = generator(n, PATH)
  const manner = MANNERS[n % MANNERS.length] as Manner
  let ended = false
  let socket: WebSocket | null = null
  const timers = new Set<NodeJS.Timeout>()
  const later = (run: () => void, delayMs: number) => {
    const timer = setTimeout(() => {
      timers.delete(timer)
      if (!ended) run()
    }, delayMs)
    timers.add(timer)
  }
  const connect = () => {
    const mine = new WebSocket(url, { localAddress: `127.0.0.${2 + (n % 8)}` })
    socket = mine
    // Being refused is what it is here for.
    mine.on('error', () => {})
    mine.on('close', () => {
      counts.closed += 1
      later(connect, AGAIN_MS)
    })
    mine.on('open', () => {
      counts.opened += 1
      if (manner.hello) mine.send(helloTo(run))
      speak(mine)
    })
  }
  const speak = (mine: WebSocket) => {
    if (mine.readyState !== WebSocket.OPEN) return
    for (const message of manner.say(random)) {
      mine.send(message)
      counts.sent += 1
    }
    later(() => speak(mine), SAY_EVERY_MS)
  }
  connect()
  return () => {
    ended = true
    for (const timer of timers) clearTimeout(timer)
    socket?.terminate()
  }
}

function helloTo(run: string): string {
  const who = { resume: null, webrtc: false, peer: null }
  return JSON.stringify({ type: 'hello', protocol: PROTOCOL_VERSION, run, ...who })
}

function digestOf(round: number): string {
  return JSON.stringify({ type: 'digest', round, digest: '0'.repeat(64) })
}

/** A valid input of some decoder, changed. */
function broken(random: Generator): readonly Uint8Array[] {
  const target = TARGETS[random.below(TARGETS.length)]
  if (!target) return []
  const [changes = []] = fc.sample(mutations, { numRuns: 1, seed: random.uint32() | 0 })
  const seal = target.seal ?? ((bytes: Uint8Array) => bytes)
  return [mutated(target.make(random), changes, { other: target.make(random), seal })]
}
