import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { PassThrough } from 'node:stream'
import type { Duplex } from 'node:stream'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { writeMessage } from './framing.ts'

let server: WebSocketServer
let client: WebSocket
let served: WebSocket
let stream: Duplex

beforeAll(async () => {
  server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  const connected = once(server, 'connection') as Promise<[WebSocket, IncomingMessage]>
  await once(server, 'listening')
  client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const [socket, request] = await connected
  served = socket
  stream = request.socket
  if (client.readyState !== WebSocket.OPEN) await once(client, 'open')
})
afterAll(() => {
  client.terminate()
  server.close()
})

async function received(write: () => void): Promise<{ data: Buffer; binary: boolean }> {
  const arrival = once(client, 'message') as Promise<[Buffer, boolean]>
  write()
  const [data, binary] = await arrival
  return { data, binary }
}

test('shared and own parts of any length arrive as one binary message', async () => {
  const length = fc.oneof(
    fc.constantFrom(0, 1, 125, 126, 65_535, 65_536, 200_000),
    fc.nat({ max: 70_000 }),
  )
  const part = fc.option(length.map((size) => new Uint8Array(size).fill(size & 255)))
  await fc.assert(
    fc.asyncProperty(part, part, async (shared, own) => {
      if (!shared && !own) return
      const { data, binary } = await received(() => writeMessage(stream, shared, own))
      expect(binary).toBe(true)
      expect(data.equals(Buffer.concat([shared ?? [], own ?? []].map(Buffer.from)))).toBe(true)
    }),
    { numRuns: 60 },
  )
})

test('a message between two of ws’ own keeps its place', async () => {
  const heard: string[] = []
  const third = new Promise<void>((resolve) => {
    client.on('message', (data: Buffer, binary: boolean) => {
      if (heard.push(binary ? String(data.length) : data.toString()) === 3) resolve()
    })
  })
  served.send('before')
  writeMessage(stream, new Uint8Array(300_000), new Uint8Array(7))
  served.send('after')
  await third
  expect(heard).toEqual(['before', '300007', 'after'])
})

test('what is shared is framed once: every socket is handed the same buffer', () => {
  const shared = new Uint8Array(1000)
  const written = (own: Uint8Array | null) => {
    const sink = new PassThrough()
    const chunks: unknown[] = []
    sink.write = (chunk: unknown) => chunks.push(chunk) > 0
    writeMessage(sink, shared, own)
    return chunks
  }
  const [first, second] = [written(Uint8Array.of(1)), written(Uint8Array.of(2))]
  expect(first[0]).toBe(second[0])
  expect(written(null)[0]).toBe(written(null)[0])
})
