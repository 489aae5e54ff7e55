import { describe, expect, it } from 'vitest'
import { VirtualClock } from '@quorate/shared/clock/virtual-clock'
import { meshContract } from './mesh.contract.ts'
import { EdgeMesh } from './mesh.ts'
import type { Channel } from './signalling.ts'
import { MemorySignalling } from './testing/memory-signalling.ts'

function world() {
  const clock = new VirtualClock()
  const signalling = new MemorySignalling(clock)
  return {
    clock,
    signalling,
    mesh: () => new EdgeMesh({ clock, openSignalling: signalling.open }),
    cut: (a: string, b: string) => signalling.cut(a, b),
  }
}

meshContract('EdgeMesh', world)

const ticket = (id: string, secret = 't') => ({ id, ticket: secret, path: '/signal' })
const members = [0, 1].map((contributor) => ({ contributor, peer: `p${contributor}` }))

describe('edge mesh', () => {
  it('makes one edge of two members, dialled by the lower number', async () => {
    const { clock, signalling, mesh } = world()
    const meshes = [mesh(), mesh()]
    meshes.forEach((one, n) => {
      one.start(ticket(`p${n}`), [])
      one.setGroup(members, n)
    })
    await clock.advance(1000)
    expect(signalling.ends.map(({ peer }) => peer)).toEqual(['p1', 'p0'])
  })

  it('is not available without WebRTC, and harmless', async () => {
    const mesh = new EdgeMesh({ clock: new VirtualClock(), openSignalling: null })
    mesh.start(ticket('p0'), [])
    mesh.setGroup(members, 0)
    expect(mesh.available).toBe(false)
    expect(await mesh.send(1, Uint8Array.of(1), 100)).toBe('unreachable')
    mesh.close()
  })

  it('dials twice, then rests until the group changes or 30 s have passed', async () => {
    const { clock, signalling, mesh } = world()
    const one = mesh()
    one.start(ticket('p0'), [])
    one.setGroup(members, 0)
    const dials = () => signalling.ends.length
    await clock.advance(8000 + 1000 + 8000 + 1000)
    expect(dials()).toBe(2)
    one.setGroup(members, 0)
    await clock.advance(10_000)
    expect(dials(), 'the same group, too soon').toBe(2)
    one.setGroup([...members, { contributor: 2, peer: 'p2' }], 0)
    expect(dials(), 'both, as the group changed').toBe(4)
    await clock.advance(20_000)
    expect(dials()).toBe(6)
    await clock.advance(30_000)
    one.setGroup([...members, { contributor: 2, peer: 'p2' }], 0)
    expect(dials(), 'rested').toBe(8)
    one.close()
    await clock.advance(200)
    expect(clock.pending).toBe(0)
  })

  it('keeps its edges when the same ticket is given again, drops them with another', async () => {
    const { clock, mesh } = world()
    const meshes = [mesh(), mesh()]
    meshes.forEach((one, n) => {
      one.start(ticket(`p${n}`), [])
      one.setGroup(members, n)
    })
    await clock.advance(1000)
    const [a] = meshes
    a?.start(ticket('p0'), [])
    expect(a?.connected.size).toBe(1)
    a?.start(ticket('p0', 'other'), [])
    expect(a?.connected.size).toBe(0)
    await clock.advance(1000)
    expect(a?.connected.size, 'and dials anew').toBe(1)
  })

  it('knows which edges go by way of a TURN server', async () => {
    const { clock, signalling, mesh } = world()
    const meshes = [mesh(), mesh()]
    signalling.route = 'turn'
    meshes.forEach((one, n) => {
      one.start(ticket(`p${n}`), [])
      one.setGroup(members, n)
    })
    await clock.advance(1000)
    expect(meshes.map(({ byTurn }) => [...byTurn])).toEqual([[1], [0]])
    meshes[0]?.close()
    await clock.advance(1000)
    expect(meshes.map(({ byTurn }) => [...byTurn])).toEqual([[], []])
  })

  it('hands other servers on, and keeps its edges', async () => {
    const { clock, signalling, mesh } = world()
    const meshes = [mesh(), mesh()]
    meshes.forEach((one, n) => {
      one.start(ticket(`p${n}`), [{ urls: 'stun:old' }])
      one.setGroup(members, n)
    })
    await clock.advance(1000)
    meshes[0]?.renew([{ urls: 'stun:new' }])
    meshes[1]?.start(ticket('p1'), [{ urls: 'stun:newer' }])
    expect(signalling.iceServers.get('p0')).toEqual([{ urls: 'stun:new' }])
    expect(signalling.iceServers.get('p1')).toEqual([{ urls: 'stun:newer' }])
    expect(meshes.map(({ connected }) => connected.size)).toEqual([1, 1])
  })

  it('keeps the frames of a caller of whom it is told a moment later', async () => {
    const { clock, mesh } = world()
    const [a, b] = [mesh(), mesh()]
    const received: [number, Uint8Array][] = []
    b.listen((from, frame) => received.push([from, frame]))
    a.start(ticket('p0'), [])
    b.start(ticket('p1'), [])
    a.setGroup(members, 0)
    await clock.advance(200)
    for (let i = 0; i < 6; i++) void a.send(1, Uint8Array.of(i), 1000)
    await clock.advance(200)
    expect(received).toEqual([])
    b.setGroup(members, 1)
    expect(received.map(([from, frame]) => [from, frame[0]])).toEqual(
      [0, 1, 2, 3].map((i) => [0, i]),
    )
    expect(b.connected).toEqual(new Set([0]))
  })

  it('shows callers out whom nobody announces', async () => {
    const { clock, signalling, mesh } = world()
    const b = mesh()
    b.start(ticket('p1'), [])
    const lines = Array.from({ length: 40 }, (_, n) =>
      signalling.open(ticket(`x${n}`), [], () => {}),
    )
    const channels: Channel[] = lines.map((line) => line.dial('p1'))
    let closed = 0
    for (const channel of channels)
      channel.listen(({ kind }) => (closed += Number(kind === 'closed')))
    await clock.advance(110)
    expect(closed, 'the lobby has 32 places').toBe(8)
    await clock.advance(4010)
    expect(closed).toBe(40)
  })

  it('closes an edge that sends nonsense', async () => {
    const { clock, signalling, mesh } = world()
    const b = mesh()
    b.start(ticket('p1'), [])
    b.setGroup(members, 1)
    const channel = signalling.open(ticket('p0'), [], () => {}).dial('p1')
    let closed = false
    channel.listen((event) => (closed ||= event.kind === 'closed'))
    await clock.advance(200)
    for (let i = 0; i < 7; i++) channel.send(Uint8Array.of(1, 2, 3))
    await clock.advance(100)
    expect(closed).toBe(false)
    channel.send(new Uint8Array(100_000))
    await clock.advance(100)
    expect(closed).toBe(true)
    expect(b.connected.size).toBe(0)
  })
})
