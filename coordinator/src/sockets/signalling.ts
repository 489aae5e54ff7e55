import type { IncomingMessage, Server } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '@quorate/shared/clock/clock'
import express from 'express'
import { ExpressPeerServer } from 'peer'
import type { WebSocket } from 'ws'
import { WebSocketServer } from 'ws'
import { Allowance } from '../training/allowance.ts'
import type { AllowanceSize } from '../training/allowance.ts'
import type { Log } from '../training/ports.ts'
import type { TrainingService } from '../training/service.ts'
import { bytesOf } from './contributor-sockets.ts'
import { keepAlive } from './keep-alive.ts'

export const SIGNAL_PATH = '/signal/peerjs'
const KEY = 'quorate'
/** A session description takes a few KiB. */
const MAX_SIGNAL_BYTES = 64 * 1024
/** An edge takes about ten signals and 8 KiB; a contributor has at most 31. */
const SIGNALS: AllowanceSize = {
  messages: { most: 600, perSecond: 60 },
  bytes: { most: 4 * 1024 * 1024, perSecond: 64 * 1024 },
}

/** PeerJS' signalling for contributors that hold a ticket of ours, and for nobody else. */
export class Signalling {
  readonly #training: TrainingService
  readonly #clock: Clock
  readonly #unsubscribe: () => void
  readonly server: WebSocketServer
  readonly #sockets = new Map<string, WebSocket>()

  constructor(httpServer: Server, parts: { training: TrainingService; clock: Clock; log: Log }) {
    this.#training = parts.training
    this.#clock = parts.clock
    this.#unsubscribe = parts.training.onSignalRevoked((id) =>
      this.#sockets.get(id)?.close(4003, 'excluded'),
    )
    this.server = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_SIGNAL_BYTES,
      perMessageDeflate: false,
    })
    const peers = ExpressPeerServer(httpServer, {
      path: '/',
      key: KEY,
      allow_discovery: false,
      createWebSocketServer: () => this.server,
    })
    peers.on('error', (error) => parts.log.info({ err: error }, 'a signal was wrong'))
    // Mounted so that it begins its work, but in an app that no request reaches: its HTTP side
    // gives out ids and lists of peers.
    express().use('/signal', peers)
  }

  close(): void {
    this.#unsubscribe()
  }

  /** The PeerJS id of a request with a valid ticket, else null. */
  allowed(url: URL): string | null {
    const { searchParams } = url
    const [id, ticket] = [searchParams.get('id'), searchParams.get('token')]
    if (id === null || ticket === null || searchParams.get('key') !== KEY) return null
    return this.#training.maySignal(id, ticket) ? id : null
  }

  /** Takes over an upgrade that `allowed` has let through. */
  serve(id: string, upgrade: { request: IncomingMessage; socket: Duplex; head: Buffer }): void {
    const { request, socket, head } = upgrade
    const accept = () =>
      this.server.handleUpgrade(request, socket, head, (accepted) => {
        this.#sockets.set(id, accepted)
        accepted.once('close', () => {
          if (this.#sockets.get(id) === accepted) this.#sockets.delete(id)
        })
        this.#limitRate(accepted)
        keepAlive(accepted, this.#clock)
        this.server.emit('connection', accepted, request)
      })
    // PeerJS greets nobody whose id it still knows: the line before must be gone first.
    const before = this.#sockets.get(id)
    if (!before) return accept()
    before.once('close', () => setImmediate(accept))
    before.terminate()
  }

  #limitRate(socket: WebSocket): void {
    const allowance = new Allowance(SIGNALS, this.#clock.nowMs())
    socket.on('message', (data) => {
      const excess = allowance.excess(bytesOf(data).length, this.#clock.nowMs())
      if (excess) socket.close(1008, 'too many signals')
    })
  }
}
