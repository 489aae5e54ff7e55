import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '@quorate/shared/clock/clock'
import type { WebSocket } from 'ws'
import { WebSocketServer } from 'ws'
import type { ErrorCode } from '../errors.ts'
import { problemOf } from '../problems.ts'
import type { Telemetry } from '../telemetry.ts'
import { AddressLimit } from '../training/address-limit.ts'
import { Bucket } from '../training/bucket.ts'
import type { BucketSize } from '../training/bucket.ts'
import { PerAddress } from '../training/per-address.ts'
import type { Log } from '../training/ports.ts'
import type { TrainingService } from '../training/service.ts'
import { addressOf } from './addresses.ts'
import { MAX_MESSAGE_BYTES, serveContributor } from './contributor-sockets.ts'
import { Feed, MAX_REQUEST_BYTES } from './feed-sockets.ts'
import { MessageRoom } from './message-room.ts'
import { SIGNAL_PATH, Signalling } from './signalling.ts'

export interface SocketParts {
  readonly training: TrainingService
  readonly telemetry: Telemetry
  readonly clock: Clock
  readonly log: Log
  readonly trustProxy: boolean
  /** Whether a request comes from the signed-in operator. */
  readonly isOperator: (request: IncomingMessage) => Promise<boolean>
  /** Open sockets of each kind and address. */
  readonly perAddress: number
}

interface Upgrade {
  readonly request: IncomingMessage
  readonly socket: Duplex
  readonly head: Buffer
  readonly url: URL
}

type Kind = 'contributor' | 'feed' | 'signal'

/** Upgrades of one address for each socket that it may have, at once and then each second. */
const UPGRADES = { most: 8, perSecond: 0.5 } as const
const LEAST_UPGRADES = { most: 256, perSecond: 16 } as const
const HANG_UP_MS = 1000

export interface Sockets {
  /** Tells every socket (1001), and ends those that do not hang up within a second. */
  close(): Promise<void>
}

/** All WebSockets of the server, told apart by path: `/ws`, `/ws?feed` and `/signal/peerjs`. */
export function attachSockets(server: Server, parts: SocketParts): Sockets {
  const { training, telemetry, clock, log } = parts
  const options = { noServer: true, perMessageDeflate: false }
  const contributors = new WebSocketServer({ ...options, maxPayload: MAX_MESSAGE_BYTES })
  const pages = new WebSocketServer({ ...options, maxPayload: MAX_REQUEST_BYTES })
  const feed = new Feed(training, clock)
  const signalling = new Signalling(server, { training, clock, log })
  const { perAddress } = parts
  const limits: Record<Kind, AddressLimit> = {
    contributor: new AddressLimit(perAddress),
    feed: new AddressLimit(perAddress),
    signal: new AddressLimit(perAddress),
  }
  const upgrades = new PerAddress(() => new Bucket(upgradesOf(perAddress), clock.nowMs()))
  let isClosing = false
  // Made here, as what is made for a connection would keep the request that it came with.
  const served = { ...parts, room: new MessageRoom(), isClosing: () => isClosing }

  /** Counts the connection from here until its TCP socket closes; null: refused. */
  const admit = (kind: Kind, { request, socket }: Upgrade): string | null => {
    const address = addressOf(request, parts.trustProxy)
    const soon = upgrades.of(address).take(1, clock.nowMs())
    if (!soon || !limits[kind].enter(address)) {
      refuse(socket, 'TOO_MANY_REQUESTS', 'Too many connections from this address.')
      return null
    }
    telemetry.connections.inc({ kind })
    socket.once('close', () => {
      limits[kind].leave(address)
      telemetry.connections.dec({ kind })
    })
    return address
  }
  const accept = (
    to: WebSocketServer,
    { request, socket, head }: Upgrade,
    use: (socket: WebSocket) => void,
  ) =>
    to.handleUpgrade(request, socket, head, (accepted) => {
      to.emit('connection', accepted, request)
      use(accepted)
    })
  const dispatch = (upgrade: Upgrade) => {
    const { socket, url } = upgrade
    if (isClosing) return refuse(socket, 'SHUTTING_DOWN', 'This server is stopping.')
    if (url.pathname === '/ws' && url.searchParams.has('feed')) {
      if (admit('feed', upgrade) === null) return
      const isOperator = parts.isOperator(upgrade.request)
      accept(pages, upgrade, (page) => feed.serve(page, isOperator))
    } else if (url.pathname === '/ws') {
      const address = admit('contributor', upgrade)
      if (address === null) return
      accept(contributors, upgrade, (each) =>
        serveContributor({ socket: each, stream: socket, address }, served),
      )
    } else if (url.pathname === SIGNAL_PATH) {
      const id = signalling.allowed(url)
      if (id === null) return refuse(socket, 'SIGN_IN_NEEDED', 'This ticket is not one of ours.')
      if (admit('signal', upgrade) !== null) signalling.serve(id, upgrade)
    } else refuse(socket, 'NOT_FOUND', 'There is no WebSocket at this address.')
  }

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', (error) => log.info({ err: error }, 'a connection failed'))
    const path = request.url ?? ''
    // The base makes a URL of a path; nothing but path and query is read from it.
    if (!URL.canParse(path, 'http://localhost')) {
      return refuse(socket, 'BAD_REQUEST', 'This is not an address.')
    }
    dispatch({ request, socket, head, url: new URL(path, 'http://localhost') })
  })

  return {
    async close() {
      isClosing = true
      feed.close()
      signalling.close()
      const servers = [contributors, pages, signalling.server]
      await Promise.all(servers.map((each) => hangUp(each, clock)))
    },
  }
}

function upgradesOf(perAddress: number): BucketSize {
  return {
    most: Math.max(LEAST_UPGRADES.most, perAddress * UPGRADES.most),
    perSecond: Math.max(LEAST_UPGRADES.perSecond, perAddress * UPGRADES.perSecond),
  }
}

/** Resolves when every socket of `server` is closed. */
async function hangUp(server: WebSocketServer, clock: Clock): Promise<void> {
  const closed = [...server.clients].map((socket) => {
    socket.close(1001, 'the server stops')
    return once(socket, 'close')
  })
  const cancel = clock.after(HANG_UP_MS, () => {
    for (const socket of server.clients) socket.terminate()
  })
  await Promise.all(closed)
  cancel()
  server.close()
}

/** Answers an upgrade with a problem document instead. */
function refuse(socket: Duplex, code: ErrorCode, detail: string): void {
  const problem = problemOf({ code, detail })
  const body = JSON.stringify(problem)
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${problem.title}`,
      'content-type: application/problem+json',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  )
}
