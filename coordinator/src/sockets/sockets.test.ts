import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { systemClock } from '@quorate/shared/clock/system-clock'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { RawData } from 'ws'
import { WebSocket } from 'ws'
import { appOfTests, runOfTests } from '../testing/app-of-tests.ts'
import type { Sockets } from './sockets.ts'
import { MAX_MESSAGE_BYTES } from './contributor-sockets.ts'
import { attachSockets } from './sockets.ts'

let under: Awaited<ReturnType<typeof appOfTests>>
let sockets: Sockets
let port: number
const opened: WebSocket[] = []

beforeEach(async () => {
  under = await appOfTests()
  const { training, telemetry } = under
  const log = under.app.log
  const isOperator = async (request: IncomingMessage) => request.headers.cookie === 'operator'
  const limits = { trustProxy: false, isOperator, perAddress: 3 }
  const parts = { training, telemetry, clock: systemClock, log, ...limits }
  sockets = attachSockets(under.app.server, parts)
  await under.app.listen({ port: 0, host: '127.0.0.1' })
  port = (under.app.server.address() as AddressInfo).port
})
afterEach(async () => {
  for (const socket of opened.splice(0)) socket.terminate()
  await sockets.close()
  await under.close()
})

function dial(path: string, headers: Record<string, string> = {}): WebSocket {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers })
  socket.on('error', () => {})
  opened.push(socket)
  return socket
}

async function open(path: string): Promise<WebSocket> {
  const socket = dial(path)
  await once(socket, 'open')
  return socket
}

/** The HTTP status that an upgrade is refused with. */
async function refusedWith(path: string): Promise<number | undefined> {
  const [, response] = (await once(dial(path), 'unexpected-response')) as [
    unknown,
    { statusCode?: number },
  ]
  return response.statusCode
}

async function closeCode(socket: WebSocket): Promise<number> {
  const [code] = (await once(socket, 'close')) as [number]
  return code
}

async function message(socket: WebSocket): Promise<unknown> {
  const [data] = (await once(socket, 'message')) as [RawData]
  return JSON.parse((data as Buffer).toString())
}

/** Waits until `done` holds, looking once per turn of the loop; the test's own limit ends it. */
async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setImmediate(resolve))
}

/** The server still serves. */
async function alive(): Promise<void> {
  expect((await fetch(`http://127.0.0.1:${port}/healthz`)).status).toBe(200)
}

describe('a contributor’s socket', () => {
  test('carries text and frames both ways', async () => {
    const socket = await open('/ws')
    socket.send('hello')
    socket.send(new Uint8Array([1, 2, 3]))
    await until(() => under.training.received.length === 2)
    expect(under.training.received).toEqual(['hello', new Uint8Array([1, 2, 3])])
    const [connection] = under.training.sockets
    expect(connection?.address).toBe('127.0.0.1')
    const heard = once(socket, 'message')
    connection?.send('welcome')
    expect(String((await heard)[0])).toBe('welcome')
    const frame = once(socket, 'message')
    connection?.sendTurn(null, new Uint8Array([9]))
    expect((await frame).map(String)).toEqual([String.fromCharCode(9), 'true'])
    const closed = once(socket, 'close')
    connection?.close(4001, 'é'.repeat(100))
    expect((await closed)[0]).toBe(4001)
  })

  test('that closes on purpose is clean, one that is cut off is not', async () => {
    const first = await open('/ws')
    first.close(1001)
    await until(() => under.training.closings.length === 1)
    const second = await open('/ws')
    second.terminate()
    await until(() => under.training.closings.length === 2)
    expect(under.training.closings).toEqual([true, false])
  })

  test('that sends more than it may now is told so and closed, before its message is whole', async () => {
    const socket = connect(port, '127.0.0.1')
    const closed = once(socket, 'close')
    socket.write(
      'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    )
    let heard = ''
    socket.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1')))
    const header = Buffer.from([0x82, 0xff, 0, 0, 0, 0, 0, 0xb0, 0, 0, 0, 0, 0, 0])
    socket.write(Buffer.concat([header, Buffer.alloc(30_000)]))
    await closed
    expect(heard).toContain('too large')
    expect(heard).toContain('MESSAGE_TOO_LARGE')
    expect(under.training.received).toEqual([])
    await alive()
  })

  test('may send as much as its run allows from the moment that it has joined', async () => {
    const socket = await open('/ws')
    const { training } = under
    const take = training.received.push.bind(training.received)
    training.received.push = (...messages) => {
      training.mostBytes = 1024 * 1024
      return take(...messages)
    }
    socket.send('hello')
    socket.send(Buffer.alloc(1024 * 1024))
    for (let n = 0; n < 4; n++) socket.send(Buffer.alloc(600_000))
    await until(() => training.received.length === 6)
    expect(training.received.map(({ length }) => length)).toEqual([
      5,
      1024 * 1024,
      ...[600_000, 600_000, 600_000, 600_000],
    ])
    socket.send(Buffer.alloc(1024 * 1024 + 200_000))
    expect(await closeCode(socket)).toBe(4000)
  })

  test('that sends a message too large for any run is told so and closed', async () => {
    const socket = await open('/ws')
    under.training.mostBytes = 2 * MAX_MESSAGE_BYTES
    socket.send(Buffer.alloc(MAX_MESSAGE_BYTES + 1))
    const [said] = (await once(socket, 'message')) as [Buffer]
    expect(said.toString()).toBe('too large')
    expect(await closeCode(socket)).toBe(4000)
    expect(under.training.received).toEqual([])
    await alive()
  })

  test('that makes training fail loses its socket and nothing else', async () => {
    const socket = await open('/ws')
    under.training.received.push = () => {
      throw new Error('a bug')
    }
    socket.send('x')
    expect(await closeCode(socket)).toBe(1011)
    await alive()
  })

  test('is one of at most so many from an address, until one leaves', async () => {
    const [first] = [await open('/ws'), await open('/ws'), await open('/ws')]
    expect(await refusedWith('/ws')).toBe(429)
    expect((await open('/ws?feed')).readyState).toBe(WebSocket.OPEN)
    first?.close()
    await until(() => under.training.closings.length === 1)
    await open('/ws')
  })

  test('that speaks no WebSocket after the upgrade is closed', async () => {
    for (let round = 0; round < 5; round++) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => {})
      socket.write(
        'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
          'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
      )
      socket.write(Buffer.concat([Buffer.from([0xff]), randomBytes(5000)]))
      socket.resume()
      await once(socket, 'close')
    }
    await alive()
  })
})

describe('the live feed', () => {
  test('begins with the runs and then gives all of the followed run, of others nothing', async () => {
    const socket = dial('/ws?feed', { cookie: 'operator' })
    expect(await message(socket)).toEqual({ type: 'runs', runs: [runOfTests] })
    const event = {
      atMs: 1,
      level: 'info',
      code: 'x',
      text: 'x',
      round: null,
      contributor: null,
    } as const
    const told: unknown[] = []
    socket.on('message', (data: Buffer) => told.push(JSON.parse(data.toString())))
    under.training.emit({ type: 'event', run: 'abc', event })
    socket.send(JSON.stringify({ type: 'follow', run: 'abc' }))
    await until(() => told.length === 1)
    under.training.emit({ type: 'event', run: 'abc', event })
    under.training.emit({ type: 'event', run: 'other', event })
    under.training.emit({ type: 'runs', runs: [] })
    await until(() => told.length === 3)
    expect(told).toEqual([
      { type: 'contributors', run: 'abc', contributors: [] },
      { type: 'event', run: 'abc', event },
      { type: 'runs', runs: [] },
    ])
  })

  test('gives events to the operator alone', async () => {
    const socket = dial('/ws?feed')
    await message(socket)
    socket.send(JSON.stringify({ type: 'follow', run: 'abc' }))
    await message(socket)
    const heard = message(socket)
    const event = { atMs: 1, code: 'strike', text: 'x', round: null, contributor: null } as const
    under.training.emit({ type: 'event', run: 'abc', event: { ...event, level: 'warn' } })
    under.training.emit({ type: 'runs', runs: [] })
    expect(await heard).toEqual({ type: 'runs', runs: [] })
  })

  test('closes on a page that asks without end', async () => {
    const socket = await open('/ws?feed')
    const code = closeCode(socket)
    for (let i = 0; i < 100; i++) socket.send(JSON.stringify({ type: 'follow', run: 'abc' }))
    expect(await code).toBe(1008)
  })

  test('closes on a page that sends no requests but something else', async () => {
    const socket = await open('/ws?feed')
    for (let i = 0; i < 10; i++) socket.send(i % 2 ? '{"type":"follow"}' : randomBytes(10))
    expect(await closeCode(socket)).toBe(1008)
    const large = await open('/ws?feed')
    large.send('x'.repeat(5000))
    expect(await closeCode(large)).toBe(1009)
    await alive()
  })
})

describe('signalling', () => {
  const path = (id: string, token: string, key = 'quorate') =>
    `/signal/peerjs?key=${key}&id=${id}&token=${token}&version=1.5.5`

  test('is closed to anyone without a ticket of ours', async () => {
    under.training.tickets.set('a', 'ticket')
    expect(await refusedWith(path('a', 'wrong'))).toBe(401)
    expect(await refusedWith(path('b', 'ticket'))).toBe(401)
    expect(await refusedWith(path('a', 'ticket', 'peerjs'))).toBe(401)
    expect(await refusedWith('/signal/peerjs')).toBe(401)
    for (const url of ['/signal', '/signal/quorate/id', '/signal/quorate/peers']) {
      expect((await fetch(`http://127.0.0.1:${port}${url}`)).status).toBe(404)
    }
  })

  test('passes an offer on, with the sender’s true id', async () => {
    under.training.tickets.set('a', 't').set('b', 't')
    const [a, b] = [dial(path('a', 't')), dial(path('b', 't'))]
    expect([await message(a), await message(b)]).toEqual([{ type: 'OPEN' }, { type: 'OPEN' }])
    a.send(JSON.stringify({ type: 'OFFER', src: 'forged', dst: 'b', payload: { sdp: 'x' } }))
    expect(await message(b)).toEqual({ type: 'OFFER', src: 'a', dst: 'b', payload: { sdp: 'x' } })
  })

  test('ends with the ticket: whose ticket is revoked loses the line', async () => {
    under.training.tickets.set('a', 't').set('b', 't')
    const [a, b] = [dial(path('a', 't')), dial(path('b', 't'))]
    await Promise.all([message(a), message(b)])
    const code = closeCode(a)
    for (const revoked of under.training.revocations) revoked('a')
    expect(await code).toBe(4003)
    expect(b.readyState).toBe(WebSocket.OPEN)
  })

  test('greets again who signs in again while the old line still stands', async () => {
    under.training.tickets.set('a', 't')
    const first = dial(path('a', 't'))
    await message(first)
    const lost = once(first, 'close')
    expect(await message(dial(path('a', 't')))).toEqual({ type: 'OPEN' })
    await lost
  })

  test('survives garbage, and closes on what is too large or too much', async () => {
    under.training.tickets.set('a', 't')
    const socket = dial(path('a', 't'))
    await message(socket)
    for (const text of ['', 'null', '1', '[]', '{', '{"type":"OFFER"}', '{"type":{},"dst":{}}']) {
      socket.send(text)
    }
    socket.send(randomBytes(100))
    await alive()
    socket.send('x'.repeat(70_000))
    expect(await closeCode(socket)).toBe(1009)
    const flood = dial(path('a', 't'))
    await message(flood)
    for (let i = 0; i < 700; i++) flood.send('{"type":"HEARTBEAT"}')
    expect(await closeCode(flood)).toBe(1008)
    await alive()
  })
})

describe('an upgrade', () => {
  test('to any other address is refused', async () => {
    for (const path of ['/', '/wss', '/api/runs', '/signal', '/signal/peerjs/x', '//']) {
      expect([400, 404], path).toContain(await refusedWith(path))
    }
  })

  test('of random bytes leaves the server as it was', async () => {
    for (let round = 0; round < 20; round++) {
      const socket = connect(port, '127.0.0.1')
      socket.on('error', () => {})
      socket.end(randomBytes(2000))
      socket.resume()
      await once(socket, 'close')
    }
    await alive()
  })

  test('is refused while the server stops, and open sockets are told', async () => {
    const socket = await open('/ws')
    const code = closeCode(socket)
    const closed = sockets.close()
    expect(await code).toBe(1001)
    await closed
    expect(under.training.closings, 'nobody left on purpose').toEqual([false])
    expect(await refusedWith('/ws')).toBe(503)
  })
})
