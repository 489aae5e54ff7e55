import { WebSocket } from 'ws'
import { encodeFrame } from '@quorate/shared/wire/frame'
import { PROTOCOL_VERSION } from '@quorate/shared/wire/version'
import { generator } from '@quorate/shared/random/generator'
import { nodeKeys, provenKey } from '../fixtures/node-keys.ts'
import { expect, test } from '../fixtures/test.ts'
import { smallRun } from '../fixtures/settings.ts'
import { until } from '../fixtures/until.ts'

/** A socket that keeps what comes back; `closed` gives the close code. */
function open(url: string): Promise<{
  socket: WebSocket
  messages: Record<string, unknown>[]
  closed: Promise<number>
}> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url)
    const messages: Record<string, unknown>[] = []
    socket.on('message', (data, binary) => {
      if (!binary) messages.push(JSON.parse((data as Buffer).toString()) as Record<string, unknown>)
    })
    const closed = new Promise<number>((done) => socket.once('close', done))
    socket.once('open', () => resolve({ socket, messages, closed }))
    socket.once('error', reject)
  })
}

test('garbage on the sockets earns coded errors and strikes, and the run goes on', async ({
  start,
  join,
}) => {
  const coordinator = await start({ flags: ['--no-demo'] })
  const run = await coordinator.startRun({ ...smallRun, minRoundMs: 50 })
  await join(`${coordinator.url}/run/${run.id}`, { backend: 'wasm' })
  await until('the run trains', async () => (await coordinator.run(run.id)).round >= 5)
  const ws = coordinator.url.replace('http', 'ws') + '/ws'
  const random = generator(77)
  const noise = (size: number) =>
    Buffer.from(Uint8Array.from({ length: size }, () => random.below(256)))
  const hello = {
    type: 'hello',
    protocol: PROTOCOL_VERSION,
    run: run.id,
    resume: null,
    webrtc: false,
    peer: null,
    key: '0'.repeat(64),
    signature: '0'.repeat(128),
    invite: null,
  }

  // Before hello: anything but hello closes with a code.
  for (const first of [
    noise(50),
    'not json',
    '{"type":"bye"}',
    '{}',
    JSON.stringify({ ...hello, protocol: 99 }),
    JSON.stringify(hello),
  ]) {
    const { socket, messages, closed } = await open(ws)
    socket.send(first)
    await closed
    expect(messages.at(-1)).toMatchObject({ type: 'error', fatal: true })
    expect(messages.at(-1)?.code).toMatch(
      /^(HELLO_MISSING|MESSAGE_INVALID|PROTOCOL_VERSION|KEY_NOT_PROVEN)$/,
    )
  }

  // After hello: each offence is a coded error and a strike, the fifth excludes.
  const { socket, messages, closed } = await open(ws)
  await until('challenge', async () => messages.some(({ type }) => type === 'challenge'))
  const { nonce } = messages[0] as unknown as { nonce: string }
  const proven = await provenKey(nodeKeys(generator(5)), { run: run.id, nonce })
  socket.send(JSON.stringify({ ...hello, ...proven }))
  await until('welcome', async () => messages.some(({ type }) => type === 'welcome'))
  const welcome = messages.find(({ type }) => type === 'welcome') as { run: { number: number } }
  const errors = () => messages.filter(({ type }) => type === 'error')
  const ballot = encodeFrame(
    { kind: 'ballot', run: welcome.run.number, round: 1, attempt: 999_999, slice: 0 },
    new Uint8Array(10),
  )
  const bad: [string | Buffer | Uint8Array, RegExp][] = [
    [noise(200), /^FRAME_MAGIC$/],
    [ballot.subarray(0, 40), /^FRAME_LENGTH$/],
    [ballot, /^ATTEMPT_NOT_OPEN$/],
    ['{"type":"loaded"}', /^MESSAGE_INVALID$/],
  ]
  for (const [garbage, code] of bad) {
    const before = errors().length
    socket.send(garbage)
    await until(`an answer with ${code}`, async () => errors().length > before)
    expect(errors().at(-1)).toMatchObject({ strikes: before + 1 })
    expect(errors().at(-1)?.code).toMatch(code)
  }
  socket.send('[]')
  expect(await closed).toBe(4003)

  // Larger than anything allowed, on either socket; signalling without a ticket.
  const large = await open(ws)
  large.socket.on('error', () => undefined)
  large.socket.send(Buffer.alloc(20 * 1024 * 1024))
  // The coded refusal, unless the socket breaks first under what is still being sent.
  const code = await large.closed
  expect([4000, 1006, 1009]).toContain(code)
  if (code === 4000) expect(large.messages.at(-1)).toMatchObject({ code: 'MESSAGE_TOO_LARGE' })
  const signal = coordinator.url.replace('http', 'ws') + '/signal/peerjs?key=quorate&id=x&token=y'
  await expect(open(signal)).rejects.toThrow(/Unexpected server response: 4\d\d/)
  const http = await fetch(`${coordinator.url}/signal/quorate/id`)
  expect(http.status).toBeGreaterThanOrEqual(400)

  const now = (await coordinator.run(run.id)).round
  await until('the run goes on', async () => (await coordinator.run(run.id)).round >= now + 20)
  const [good] = await coordinator.contributors(run.id)
  expect(good?.strikes).toBe(0)
  expect((await coordinator.events(run.id)).some(({ code }) => code === 'excluded')).toBe(true)
})
