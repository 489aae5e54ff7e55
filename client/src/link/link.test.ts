import { describe, expect, it } from 'vitest'
import { VirtualClock } from '@quorate/shared/clock/virtual-clock'
import type { CoordinatorMessage, MessageOf } from '@quorate/shared/protocol/messages'
import { demoSettings, runSettings } from '@quorate/shared/run/settings'
import type { LinkEvent } from '../session/ports.ts'
import { WebSocketLink } from './link.ts'
import { retryDelayMs } from '@quorate/shared/clock/retry'

/** A socket whose other end is the test. */
class FakeSocket extends EventTarget {
  static made: FakeSocket[] = []
  binaryType = 'blob'
  readyState = 0
  bufferedAmount = 0
  readonly sent: unknown[] = []
  closedWith: number | undefined | null = null

  constructor() {
    super()
    FakeSocket.made.push(this)
  }

  send(data: unknown): void {
    this.sent.push(data)
  }

  close(code?: number): void {
    if (this.closedWith === null) this.closedWith = code
    this.readyState = 2
  }

  open(): void {
    this.readyState = 1
    this.dispatchEvent(new Event('open'))
  }

  say(data: unknown): void {
    const said =
      data instanceof ArrayBuffer || typeof data === 'string' ? data : JSON.stringify(data)
    this.dispatchEvent(Object.assign(new Event('message'), { data: said }))
  }

  drop(code = 1006): void {
    this.readyState = 3
    this.dispatchEvent(Object.assign(new Event('close'), { code, reason: '' }))
  }
}

function start(random = () => 0.5) {
  FakeSocket.made = []
  const clock = new VirtualClock()
  const events: LinkEvent[] = []
  const link = new WebSocketLink({
    url: 'ws://here/ws',
    clock,
    random,
    WebSocket: FakeSocket as unknown as new (url: string) => WebSocket,
  })
  link.listen((event) => events.push(event))
  const socket = () => {
    const last = FakeSocket.made.at(-1)
    if (!last) throw new Error('no socket was made')
    return last
  }
  return { clock, events, link, socket }
}

const stateMessage = { type: 'state', state: { kind: 'training' } }

describe('link', () => {
  it('gives up a line that has been silent for 20 s, and not one that is heard of', async () => {
    const { clock, events, socket } = start()
    const first = socket()
    first.open()
    for (let n = 0; n < 8; n++) {
      await clock.advance(5000)
      first.say({ type: 'alive' })
    }
    await clock.advance(19_999)
    expect(events.at(-1)?.kind).toBe('message')
    await clock.advance(1)
    expect(events.at(-1)).toMatchObject({ kind: 'down', reason: 'silent for 20 s' })
    await clock.advance(1000)
    expect(socket()).not.toBe(first)
  })

  it('tells of open, messages and frames in order, and counts their bytes', () => {
    const { events, link, socket } = start()
    expect(link.send({ type: 'bye' })).toBe(false)
    socket().open()
    socket().say(stateMessage)
    socket().say(new Uint8Array([1, 2, 3]).buffer)
    expect(events).toEqual([
      { kind: 'open' },
      { kind: 'message', message: stateMessage, sizeBytes: 44 },
      { kind: 'frame', frame: new Uint8Array([1, 2, 3]) },
    ])
    expect(link.bytesReceived).toEqual({ text: 44, binary: 3 })
    expect(link.send({ type: 'bye' })).toBe(true)
    expect(link.sendFrame(new Uint8Array(10))).toBe(true)
    expect(link.bytesSent).toEqual({ text: 14, binary: 10 })
  })

  it.each([['not json'], ['{"type":"state"}'], ['{"type":"unheard"}'], ['[]'], ['null']])(
    'reports %j as garbled and stays',
    (text) => {
      const { events, link, socket } = start()
      socket().open()
      socket().say(text)
      expect(events.at(-1)?.kind).toBe('garbled')
      expect(link.send({ type: 'bye' })).toBe(true)
    },
  )

  it('comes back after a loss, waiting longer each time until it is welcomed', async () => {
    const { clock, events, socket } = start()
    for (const retryInMs of [125, 250, 500, 1000, 2000, 4000, 5000, 5000]) {
      socket().drop()
      expect(events.at(-1)).toMatchObject({ kind: 'down', retryInMs })
      await clock.advance(retryInMs)
    }
    expect(FakeSocket.made).toHaveLength(9)
    socket().open()
    socket().drop()
    expect(events.at(-1), 'open alone is no success').toMatchObject({ retryInMs: 5000 })
    await clock.advance(5000)
    socket().open()
    socket().say(welcome)
    expect(events.at(-1)).toMatchObject({ kind: 'message' })
    socket().drop()
    expect(events.at(-1)).toMatchObject({ kind: 'down', retryInMs: 125 })
  })

  it('gives up a connection that does not open within 10 s', async () => {
    const { clock, events, socket } = start()
    const first = socket()
    await clock.advance(10_000)
    expect(events).toMatchObject([{ kind: 'down' }])
    expect(first.closedWith).not.toBe(null)
    first.open() // too late
    first.say(stateMessage)
    expect(events).toHaveLength(1)
  })

  it('does not come back after a fatal error', async () => {
    const { clock, events, socket } = start()
    socket().open()
    const error = { type: 'error', code: 'BANNED', detail: '', fatal: true, strikes: 9 }
    socket().say(error)
    socket().drop()
    await clock.advance(60_000)
    expect(events).toMatchObject([{ kind: 'open' }, { kind: 'message', message: error }])
    expect(FakeSocket.made).toHaveLength(1)
    expect(clock.pending).toBe(0)
  })

  it('closes for good in every state, leaving no timer', async () => {
    const connecting = start()
    connecting.link.close()
    expect(connecting.clock.pending).toBe(0)
    const open = start()
    open.socket().open()
    open.link.close()
    expect(open.socket().closedWith).toBe(1000)
    expect(open.link.send({ type: 'bye' })).toBe(false)
    open.socket().drop()
    expect(open.events).toEqual([{ kind: 'open' }])
    const waiting = start()
    waiting.socket().drop()
    waiting.link.close()
    await waiting.clock.advance(60_000)
    expect(FakeSocket.made).toHaveLength(1)
  })

  it('gives up a connection through which nothing gets', async () => {
    const { clock, events, link, socket } = start()
    socket().open()
    socket().bufferedAmount = 33 * 2 ** 20
    expect(link.sendFrame(new Uint8Array(1))).toBe(false)
    expect(events).toHaveLength(1)
    await clock.advance(0)
    expect(events.at(-1)).toMatchObject({ kind: 'down', reason: 'nothing gets through' })
  })

  it('starts again on a new connection when told to, and hears no more of the old one', () => {
    const { link, events, socket } = start()
    const old = socket()
    old.open()
    link.restart()
    expect(old.closedWith).toBe(1000)
    old.drop(1000)
    expect(socket()).not.toBe(old)
    socket().open()
    expect(events.map(({ kind }) => kind)).toEqual(['open', 'open'])
  })
})

describe('retry', () => {
  it('waits between nothing and a ceiling that doubles up to the longest', () => {
    const policy = { firstMs: 250, longestMs: 10_000 }
    expect(retryDelayMs(policy, 0, () => 0)).toBe(0)
    expect([0, 1, 5, 6, 5000].map((failures) => retryDelayMs(policy, failures, () => 1))).toEqual([
      250, 500, 8000, 10_000, 10_000,
    ])
  })
})

const welcome: MessageOf<CoordinatorMessage, 'welcome'> = {
  type: 'welcome',
  protocol: 1,
  id: 'c',
  contributor: 0,
  name: 'a',
  token: 't',
  run: {
    id: 'r',
    number: 1,
    settings: runSettings.parse(demoSettings),
    input: [2, 2, 1],
    classes: 2,
    d: 10,
  },
  state: { kind: 'training' },
  round: 0,
  checkpoint: { round: 0, digest: '0'.repeat(64), url: '/x' },
  peer: null,
  iceServers: [],
}
