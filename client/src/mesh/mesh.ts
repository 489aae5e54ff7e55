import type { CancelTimer, Clock } from '@quorate/shared/clock/clock'
import type { Mesh, MeshMember, RTCIceServerLike } from '../session/ports.ts'
import type { EdgeEvents } from './edge.ts'
import { Edge } from './edge.ts'
import type { Channel, OpenSignalling, Signalling, SignallingTicket } from './signalling.ts'

export interface EdgeMeshOptions {
  readonly clock: Clock
  /** null where WebRTC does not exist. */
  readonly openSignalling: OpenSignalling | null
}

/** How a member is dialled, and when it is left alone. */
const DIAL = {
  /** Failures in a row after which a member is given up until the group changes. */
  tries: 2,
  pauseMs: 1000,
  /** Given up, it is dialled again after this at the earliest if the group stays the same. */
  restMs: 30_000,
  /** An edge that was open for so long had not failed. */
  goodMs: 30_000,
} as const

/** Callers that this contributor's group does not (yet) contain: kept for a moment, no longer. */
const LOBBY = { places: 32, frames: 4, stayMs: 4000 } as const

/** A member of the group other than this contributor. */
interface Neighbour {
  readonly contributor: number
  readonly peer: string
  edge: Edge | null
  failures: number
  lastFailureMs: number
  cancelRedial: CancelTimer
}

interface Caller {
  readonly frames: Uint8Array[]
  readonly cancelStay: CancelTimer
}

/**
 * The WebRTC links of one contributor to its group. Of two members the one with the lower number
 * dials, so that there is one edge between them.
 */
export class EdgeMesh implements Mesh {
  readonly available: boolean
  readonly #options: EdgeMeshOptions
  #signalling: { readonly ticket: SignallingTicket; readonly line: Signalling } | null = null
  #self = -1
  /** By PeerJS id. */
  #neighbours = new Map<string, Neighbour>()
  readonly #lobby = new Map<Edge, Caller>()
  #listener: (from: number, frame: Uint8Array) => void = () => {}
  #closed = false

  constructor(options: EdgeMeshOptions) {
    this.#options = options
    this.available = options.openSignalling !== null
  }

  get connected(): ReadonlySet<number> {
    return this.#with((edge) => edge.open)
  }

  get byTurn(): ReadonlySet<number> {
    return this.#with((edge) => edge.open && edge.route === 'turn')
  }

  listen(listener: (from: number, frame: Uint8Array) => void): void {
    this.#listener = listener
  }

  /** The ticket that is in use changes no edge; another one starts afresh, without any. */
  start(ticket: SignallingTicket, iceServers: RTCIceServerLike[]): void {
    const { openSignalling } = this.#options
    if (this.#closed || !openSignalling) return
    const before = this.#signalling?.ticket
    if (before && sameTicket(before, ticket)) return this.renew(iceServers)
    this.#hangUp()
    const line = openSignalling(ticket, iceServers, (channel) => this.#called(channel))
    this.#signalling = { ticket, line }
    for (const neighbour of this.#neighbours.values()) {
      neighbour.failures = 0
      this.#dial(neighbour)
    }
  }

  renew(iceServers: RTCIceServerLike[]): void {
    this.#signalling?.line.renew(iceServers)
  }

  setGroup(members: readonly MeshMember[], self: number): void {
    if (this.#closed) return
    const sameSelf = self === this.#self
    this.#self = self
    const before = this.#neighbours
    const after = new Map<string, Neighbour>()
    for (const { contributor, peer } of members) {
      if (peer === null || contributor === self) continue
      const known = before.get(peer)
      const stays = sameSelf && known?.contributor === contributor
      after.set(peer, stays ? known : newNeighbour(contributor, peer))
    }
    for (const [peer, neighbour] of before) if (after.get(peer) !== neighbour) leave(neighbour)
    const changed =
      before.size !== after.size || [...after].some(([peer, one]) => before.get(peer) !== one)
    this.#neighbours = after
    for (const neighbour of after.values()) this.#reconsider(neighbour, changed)
    this.#admitCallers()
  }

  send(
    contributor: number,
    frame: Uint8Array,
    deadlineMs: number,
  ): Promise<'sent' | 'unreachable'> {
    for (const neighbour of this.#neighbours.values()) {
      if (neighbour.contributor === contributor && neighbour.edge) {
        return neighbour.edge.send(frame, deadlineMs)
      }
    }
    return Promise.resolve('unreachable')
  }

  close(): void {
    this.#closed = true
    this.#hangUp()
    this.#neighbours.clear()
  }

  #with(wanted: (edge: Edge) => boolean): ReadonlySet<number> {
    const found = new Set<number>()
    for (const { contributor, edge } of this.#neighbours.values()) {
      if (edge && wanted(edge)) found.add(contributor)
    }
    return found
  }

  /** Closes signalling and every edge. */
  #hangUp(): void {
    for (const neighbour of this.#neighbours.values()) leave(neighbour)
    for (const caller of this.#lobby.keys()) this.#showOut(caller)
    this.#signalling?.line.close()
    this.#signalling = null
  }

  /** Dials a member that was given up, when the group has changed or it has rested. */
  #reconsider(neighbour: Neighbour, groupChanged: boolean): void {
    const restedMs = this.#options.clock.nowMs() - neighbour.lastFailureMs
    if (groupChanged || restedMs >= DIAL.restMs) {
      if (neighbour.failures >= DIAL.tries) neighbour.failures = 0
    }
    this.#dial(neighbour)
  }

  #dial(neighbour: Neighbour): void {
    if (!this.#signalling || neighbour.edge || neighbour.failures >= DIAL.tries) return
    if (neighbour.contributor < this.#self) return // dials us
    neighbour.cancelRedial()
    const channel = this.#signalling.line.dial(neighbour.peer)
    neighbour.edge = new Edge(channel, this.#options.clock, this.#events)
  }

  /** Somebody dials us: one whose call we expect, or one of whom we may be told in a moment. */
  #called(channel: Channel): void {
    const neighbour = this.#neighbours.get(channel.peer)
    if (this.#closed || (neighbour && neighbour.contributor > this.#self)) {
      channel.close()
      return
    }
    if (!neighbour && this.#lobby.size >= LOBBY.places) {
      channel.close()
      return
    }
    const edge = new Edge(channel, this.#options.clock, this.#events)
    if (neighbour) {
      // It dials again because the edge before is dead to it.
      neighbour.edge?.close()
      neighbour.edge = edge
    } else {
      const cancelStay = this.#options.clock.after(LOBBY.stayMs, () => this.#showOut(edge))
      this.#lobby.set(edge, { frames: [], cancelStay })
    }
  }

  #admitCallers(): void {
    for (const [edge, { frames, cancelStay }] of this.#lobby) {
      const neighbour = this.#neighbours.get(edge.peer)
      if (!neighbour) continue
      if (neighbour.contributor > this.#self) {
        this.#showOut(edge)
        continue
      }
      cancelStay()
      this.#lobby.delete(edge)
      neighbour.edge?.close()
      neighbour.edge = edge
      for (const frame of frames) this.#listener(neighbour.contributor, frame)
    }
  }

  #showOut(edge: Edge): void {
    this.#lobby.get(edge)?.cancelStay()
    this.#lobby.delete(edge)
    edge.close()
  }

  readonly #events: EdgeEvents = {
    frame: (edge, frame) => {
      const neighbour = this.#neighbours.get(edge.peer)
      if (neighbour?.edge === edge) {
        this.#listener(neighbour.contributor, frame)
        return
      }
      const caller = this.#lobby.get(edge)
      if (caller && caller.frames.length < LOBBY.frames) caller.frames.push(frame)
    },
    closed: (edge, openForMs) => {
      if (this.#lobby.has(edge)) this.#showOut(edge)
      const neighbour = this.#neighbours.get(edge.peer)
      if (neighbour?.edge === edge) this.#failed(neighbour, openForMs)
    },
  }

  #failed(neighbour: Neighbour, openForMs: number): void {
    const { clock } = this.#options
    neighbour.edge = null
    neighbour.failures = openForMs >= DIAL.goodMs ? 1 : neighbour.failures + 1
    neighbour.lastFailureMs = clock.nowMs()
    neighbour.cancelRedial()
    neighbour.cancelRedial = clock.after(DIAL.pauseMs, () => this.#dial(neighbour))
  }
}

function newNeighbour(contributor: number, peer: string): Neighbour {
  return { contributor, peer, edge: null, failures: 0, lastFailureMs: 0, cancelRedial: () => {} }
}

function leave(neighbour: Neighbour): void {
  neighbour.cancelRedial()
  neighbour.edge?.close()
  neighbour.edge = null
}

function sameTicket(a: SignallingTicket, b: SignallingTicket): boolean {
  return a.id === b.id && a.ticket === b.ticket && a.path === b.path
}
