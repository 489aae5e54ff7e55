import type { Clock } from '@quorate/shared/clock/clock'
import type { Generator } from '@quorate/shared/random/generator'
import type { Mesh, MeshMember, RTCIceServerLike } from '../session/ports.ts'

export interface MemoryNetworkOptions {
  readonly clock: Clock
  readonly random: Generator
  /** Time a frame takes, uniform between the two; frames of one edge keep their order. */
  readonly delayMs: readonly [number, number]
  /** From the group set on both sides to the open edge. */
  readonly connectMs?: number
  /** Share of frames whose edge dies under them: 'sent', and never seen again. */
  readonly lossShare?: number
}

/** Contributors' meshes in one process: a network with seeded delays and faults. */
export class MemoryNetwork {
  readonly options: MemoryNetworkOptions
  readonly #meshes = new Map<string, MemoryMesh>()
  readonly #cut = new Set<string>()
  /** When the last frame of an edge arrives, by direction. */
  readonly #lastArrivalMs = new Map<string, number>()

  constructor(options: MemoryNetworkOptions) {
    this.options = options
  }

  /** A mesh that takes its place in the network when it is started with its PeerJS id. */
  mesh(available = true): MemoryMesh {
    return new MemoryMesh(this, available)
  }

  /** Nothing passes between the two any more; neither is told. */
  cut(peer: string, otherPeer: string): void {
    this.#cut.add(pair(peer, otherPeer))
  }

  heal(peer: string, otherPeer: string): void {
    this.#cut.delete(pair(peer, otherPeer))
  }

  enter(peer: string, mesh: MemoryMesh): void {
    this.#meshes.set(peer, mesh)
  }

  leave(peer: string, mesh: MemoryMesh): void {
    if (this.#meshes.get(peer) === mesh) this.#meshes.delete(peer)
  }

  /** When the edge between two meshes opened or will open; null where there is none. */
  openAtMs(from: MemoryMesh, peer: string): number | null {
    const other = this.#meshes.get(peer)
    if (!other || from.peer === null) return null
    const there = from.sinceMs(peer)
    const back = other.sinceMs(from.peer)
    if (there === null || back === null) return null
    return Math.max(there, back) + (this.options.connectMs ?? 100)
  }

  isCut(peer: string, otherPeer: string): boolean {
    return this.#cut.has(pair(peer, otherPeer))
  }

  /** Delivers a copy of the frame after the edge's delay, if the edge still exists then. */
  carry(from: MemoryMesh, peer: string, frame: Uint8Array): void {
    const { clock, random, delayMs, lossShare = 0 } = this.options
    const [least, most] = delayMs
    const delay = least + random.uniform() * (most - least)
    if (random.uniform() < lossShare) return
    const direction = `${from.peer}>${peer}`
    const arriveMs = Math.max(clock.nowMs() + delay, this.#lastArrivalMs.get(direction) ?? 0)
    this.#lastArrivalMs.set(direction, arriveMs)
    const copy = frame.slice()
    clock.after(arriveMs - clock.nowMs(), () => {
      if (from.peer !== null) this.#meshes.get(peer)?.receive(from.peer, copy)
    })
  }
}

export class MemoryMesh implements Mesh {
  readonly available: boolean
  readonly #network: MemoryNetwork
  /** By PeerJS id. */
  #group = new Map<string, { readonly contributor: number; readonly sinceMs: number }>()
  #listener: (from: number, frame: Uint8Array) => void = () => {}
  /** null before start and after close. */
  peer: string | null = null
  /** The servers that it was given last. */
  iceServers: readonly RTCIceServerLike[] = []
  readonly byTurn: ReadonlySet<number> = new Set()
  #closed = false

  constructor(network: MemoryNetwork, available: boolean) {
    this.#network = network
    this.available = available
  }

  get connected(): ReadonlySet<number> {
    const open = [...this.#group].filter(([peer]) => this.#open(peer))
    return new Set(open.map(([, { contributor }]) => contributor))
  }

  listen(listener: (from: number, frame: Uint8Array) => void): void {
    this.#listener = listener
  }

  start(
    { id }: { id: string; ticket: string; path: string },
    iceServers: RTCIceServerLike[],
  ): void {
    this.iceServers = iceServers
    if (this.#closed || !this.available || this.peer === id) return
    if (this.peer !== null) this.#network.leave(this.peer, this)
    this.peer = id
    this.#network.enter(id, this)
  }

  renew(iceServers: RTCIceServerLike[]): void {
    this.iceServers = iceServers
  }

  setGroup(members: readonly MeshMember[], self: number): void {
    if (this.#closed) return
    const before = this.#group
    const sinceMs = this.#network.options.clock.nowMs()
    this.#group = new Map()
    for (const { contributor, peer } of members) {
      if (peer === null || contributor === self) continue
      const known = before.get(peer)
      this.#group.set(peer, known?.contributor === contributor ? known : { contributor, sinceMs })
    }
  }

  async send(
    contributor: number,
    frame: Uint8Array,
    deadlineMs: number,
  ): Promise<'sent' | 'unreachable'> {
    const [peer] = [...this.#group].find(([, other]) => other.contributor === contributor) ?? []
    if (this.peer === null || peer === undefined || !this.#open(peer)) return 'unreachable'
    if (this.#network.isCut(this.peer, peer)) {
      const { clock } = this.#network.options
      return new Promise((resolve) => clock.after(deadlineMs, () => resolve('unreachable')))
    }
    this.#network.carry(this, peer, frame)
    return 'sent'
  }

  close(): void {
    this.#closed = true
    if (this.peer !== null) this.#network.leave(this.peer, this)
    this.peer = null
    this.#group.clear()
  }

  /** Since when this mesh has had `peer` in its group. */
  sinceMs(peer: string): number | null {
    return this.#group.get(peer)?.sinceMs ?? null
  }

  /** Called by the network. */
  receive(fromPeer: string, frame: Uint8Array): void {
    const from = this.#group.get(fromPeer)
    if (from && this.peer !== null && !this.#network.isCut(this.peer, fromPeer)) {
      this.#listener(from.contributor, frame)
    }
  }

  #open(peer: string): boolean {
    const openAtMs = this.#network.openAtMs(this, peer)
    return openAtMs !== null && openAtMs <= this.#network.options.clock.nowMs()
  }
}

function pair(a: string, b: string): string {
  return [a, b].sort().join('|')
}
