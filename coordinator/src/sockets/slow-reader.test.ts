/** Real sockets, a real run, and one browser that stops reading. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toHex } from '@quorate/shared/bytes/hex'
import { systemClock } from '@quorate/shared/clock/system-clock'
import type { CoordinatorMessage, MessageOf } from '@quorate/shared/protocol/messages'
import { keysOfSecret } from '@quorate/shared/keys/ed25519'
import { helloStatement } from '@quorate/shared/keys/statements'
import { noTraffic } from '@quorate/shared/protocol/traffic'
import { runSettings } from '@quorate/shared/run/settings'
import { decodeFrame, encodeFrame, kindOfFrame, splitFrames } from '@quorate/shared/wire/frame'
import { decodeTurn } from '@quorate/shared/wire/turn'
import { PROTOCOL_VERSION } from '@quorate/shared/wire/version'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { MemoryBlobs } from '../store/memory/memory-blobs.ts'
import { MemoryLedgers } from '../store/memory/memory-ledgers.ts'
import { MemoryStore } from '../store/memory/memory-store.ts'
import { createTelemetry } from '../telemetry.ts'
import type { Connection } from '../training/ports.ts'
import { createTraining } from '../training/training.ts'
import { attachSockets } from './sockets.ts'

const D = 784 * 64 + 64 + 64 * 10 + 10
const CHUNK = 'c'.repeat(64)
const closers: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

/** A run whose verdicts are 4·d bytes, and its server. */
async function serve() {
  const log = pino({ level: 'silent' })
  const labels = new Uint8Array(10)
  const training = await createTraining({
    store: new MemoryStore(),
    blobs: new MemoryBlobs(),
    ledgers: new MemoryLedgers(),
    ledgerKeep: null,
    room: { look: async () => ({ usedBytes: 0, limitBytes: null, freeBytes: 1e12 }) },
    clock: systemClock,
    evaluator: { evaluate: async () => null },
    entropy: (size) => crypto.getRandomValues(new Uint8Array(size)),
    data: {
      describe: async () => ({ shape: { input: [28, 28, 1], classes: 10 }, labels }),
      makeShards: async () => [
        { shard: 0, chunks: [{ digest: CHUNK, records: 10, sizeBytes: 1 }], labels: [10] },
      ],
    },
    contributorsPerAddress: 64,
    issueIce: () => ({ servers: [], renewAtMs: null }),
    log: { info: () => {}, warn: () => {}, error: () => {} },
  })
  const connections: Connection[] = []
  const accept = training.accept.bind(training)
  training.accept = (connection) => {
    connections.push(connection)
    return accept(connection)
  }
  const server = createServer()
  const limits = { trustProxy: false, perAddress: 64, isOperator: async () => false }
  const telemetry = createTelemetry(training)
  const sockets = attachSockets(server, {
    ...{ training, telemetry, clock: systemClock, log, ...limits },
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(async () => {
    await sockets.close()
    server.close()
    await training.close()
  })
  const settings = runSettings.parse({
    ...{ name: 'wide', dataSet: 'tiny', seed: 1, rounds: 100_000, shards: 1, batch: 1 },
    model: { kind: 'mlp', hidden: [64] },
    method: { id: 'sgd' },
    partition: { kind: 'iid' },
    learningRate: 0.001,
  })
  const { id } = await training.create(settings)
  await training.start(id)
  return {
    training,
    run: id,
    connections,
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws`,
  }
}

/** A contributor's socket, welcomed; `verdicts` has the rounds it was sent. */
async function join(url: string, run: string) {
  const socket = new WebSocket(url)
  closers.push(() => socket.terminate())
  const verdicts: number[] = []
  const messages: CoordinatorMessage[] = []
  socket.on('message', (data: Buffer, binary: boolean) => {
    if (!binary) messages.push(JSON.parse(data.toString()) as CoordinatorMessage)
    else
      for (const frame of splitFrames(new Uint8Array(data))) {
        if (kindOfFrame(frame) === 'verdict') verdicts.push(decodeFrame(frame).header.round)
      }
  })
  await once(socket, 'message')
  const { nonce } = messages[0] as MessageOf<CoordinatorMessage, 'challenge'>
  const { signer } = keysOfSecret(new Uint8Array(32).fill(1))
  const signature = toHex(await signer.sign(helloStatement({ run, nonce })))
  const hello = { type: 'hello', protocol: PROTOCOL_VERSION, run, resume: null, webrtc: false }
  socket.send(
    JSON.stringify({ ...hello, peer: null, invite: null, key: toHex(signer.publicKey), signature }),
  )
  await once(socket, 'message')
  const welcome = messages[1] as MessageOf<CoordinatorMessage, 'welcome'>
  return { socket, verdicts, messages, number: welcome.run.number }
}

type Joined = Awaited<ReturnType<typeof join>>

/** Says ready, and answers every opening with a gradient of zeros. */
function train({ socket, number }: Joined, digest: string): void {
  socket.on('message', (data: Buffer, binary: boolean) => {
    if (!binary) return
    for (const frame of splitFrames(new Uint8Array(data))) {
      if (kindOfFrame(frame) !== 'turn') continue
      const { opening } = decodeTurn(frame, number)
      if (!opening) continue
      const { round, attempt } = opening
      const header = { kind: 'vector', run: number, round, attempt, slice: 0 } as const
      socket.send(encodeFrame(header, new Uint8Array(4 * D)))
    }
  })
  socket.send(JSON.stringify({ type: 'loaded', sequence: 1, chunks: [CHUNK] }))
  socket.send(JSON.stringify({ type: 'ready', round: 0, digest, backend: 'cpu', stepMs: {} }))
}

const LIMIT_MS = 50_000

async function until(done: () => boolean): Promise<void> {
  const endMs = performance.now() + LIMIT_MS
  while (!done()) {
    if (performance.now() > endMs) throw new Error('it did not come to that')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

test('who does not read misses verdicts, costs a bounded queue, and is told to catch up', async () => {
  const { training, run, connections, url } = await serve()
  const trainer = await join(url, run)
  const stuck = await join(url, run)
  const queue = connections[1] as Connection
  stuck.socket.pause()
  train(trainer, training.replica(run).digest)
  let most = 0
  const watched = async (rounds: number) => {
    const to = training.run(run).round + rounds
    await until(() => {
      most = Math.max(most, queue.queuedBytes)
      return training.run(run).round >= to
    })
  }
  // What the kernel holds for the two ends comes first, and is not ours.
  let before = -1
  while (queue.queuedBytes === 0 || queue.queuedBytes !== before) {
    before = queue.queuedBytes
    await watched(8)
  }
  await watched(20)
  expect(queue.queuedBytes, 'it does not grow').toBe(before)
  const verdictBytes = 4 * D + 100
  expect(most).toBeLessThanOrEqual(1024 * 1024 + verdictBytes + 2048)
  expect(trainer.verdicts.length, 'the other was sent every verdict').toBeGreaterThan(28)

  stuck.socket.resume()
  const heartbeat = { type: 'heartbeat', stepMs: null, peers: 0, turnPeers: 0, traffic: noTraffic }
  const told = () => stuck.messages.find(({ type }) => type === 'behind')
  await until(() => {
    stuck.socket.send(JSON.stringify(heartbeat))
    return told() !== undefined
  })
  const { round } = told() as MessageOf<CoordinatorMessage, 'behind'>
  const missedFrom = stuck.verdicts.filter((each) => each < round).length
  expect(stuck.verdicts.slice(0, missedFrom)).toEqual([...Array(missedFrom).keys()])
  expect(missedFrom).toBeLessThan(round)
  const ledger = [...splitFrames(await training.ledger(run, missedFrom))]
  expect(decodeFrame(ledger[0] as Uint8Array).header.round).toBe(missedFrom)
  expect(ledger.length).toBeGreaterThanOrEqual(round - missedFrom)
  await until(() => stuck.verdicts.length > missedFrom)
  expect(stuck.verdicts[missedFrom], 'from then on it is sent all of them again').toBe(round)
}, 60_000)
