import { describe, expect, it } from 'vitest'
import type { VirtualClock } from '@quorate/shared/clock/virtual-clock'
import type { Mesh } from '../session/ports.ts'

/** A network to test meshes in. */
export interface MeshWorld {
  readonly clock: VirtualClock
  mesh(): Mesh
  /** Nothing passes any more between two PeerJS ids, and neither end is told. */
  cut(peer: string, otherPeer: string): void
}

/** Long enough for every edge to open. */
const SETTLE_MS = 2000
const DEADLINE_MS = 1000

interface Member {
  readonly mesh: Mesh
  readonly received: { from: number; frame: Uint8Array }[]
}

const peerOf = (contributor: number) => `peer-${contributor}`

function group(...contributors: number[]) {
  return contributors.map((contributor) => ({ contributor, peer: peerOf(contributor) }))
}

function join(world: MeshWorld, contributor: number): Member {
  const mesh = world.mesh()
  const received: Member['received'] = []
  mesh.listen((from, frame) => received.push({ from, frame }))
  mesh.start({ id: peerOf(contributor), ticket: 't', path: '/signal' }, [])
  return { mesh, received }
}

/** Contributors 0..count−1, all in one group, connected. */
async function connected(world: MeshWorld, count: number): Promise<Member[]> {
  const numbers = Array.from({ length: count }, (_, n) => n)
  const members = numbers.map((n) => join(world, n))
  members.forEach(({ mesh }, n) => mesh.setGroup(group(...numbers), n))
  await world.clock.advance(SETTLE_MS)
  return members
}

async function sent(world: MeshWorld, { mesh }: Member, to: number, frame: Uint8Array) {
  let outcome: string | null = null
  void mesh.send(to, frame, DEADLINE_MS).then((result) => {
    outcome = result
  })
  await world.clock.advance(DEADLINE_MS)
  return outcome
}

const frameOf = (sizeBytes: number, salt: number) =>
  Uint8Array.from({ length: sizeBytes }, (_, i) => (i * 7 + salt) % 256)

/** What the session may rely on in every mesh. */
export function meshContract(name: string, makeWorld: () => MeshWorld): void {
  describe(`${name} as a mesh`, () => {
    it('connects every member of a group with every other', async () => {
      const members = await connected(makeWorld(), 4)
      members.forEach(({ mesh }, n) => {
        expect([...mesh.connected].sort()).toEqual([0, 1, 2, 3].filter((other) => other !== n))
      })
    })

    it('delivers frames of any size whole, in order, with the number of their sender', async () => {
      const world = makeWorld()
      const [a, b, c] = await connected(world, 3)
      const frames = [1, 200_000, 3, 1_000_000, 48 * 1024].map(frameOf)
      const outcomes = frames.map((frame) => (a as Member).mesh.send(1, frame, 10_000))
      void c?.mesh.send(1, frameOf(70_000, 9), 10_000)
      await world.clock.advance(10_000)
      expect(await Promise.all(outcomes)).toEqual(frames.map(() => 'sent'))
      const fromA = b?.received.filter(({ from }) => from === 0) ?? []
      expect(fromA).toHaveLength(frames.length)
      fromA.forEach(({ frame }, i) => expect(sameBytes(frame, frames[i])).toBe(true))
      expect(b?.received.filter(({ from }) => from === 2)).toHaveLength(1)
      expect(a?.received).toEqual([])
    })

    it('leaves the sender its frame', async () => {
      const world = makeWorld()
      const [a, b] = await connected(world, 2)
      const frame = Uint8Array.of(1, 2, 3)
      await sent(world, a as Member, 1, frame)
      frame.fill(0)
      expect(b?.received).toEqual([{ from: 0, frame: Uint8Array.of(1, 2, 3) }])
    })

    it('cannot reach who is not connected', async () => {
      const world = makeWorld()
      const alone = join(world, 0)
      expect(await alone.mesh.send(1, Uint8Array.of(1), DEADLINE_MS), 'no group').toBe(
        'unreachable',
      )
      alone.mesh.setGroup([...group(0, 1), { contributor: 2, peer: null }], 0)
      await world.clock.advance(SETTLE_MS)
      expect(alone.mesh.connected.size).toBe(0)
      for (const to of [0, 1, 2, 3]) {
        expect(await alone.mesh.send(to, Uint8Array.of(1), DEADLINE_MS)).toBe('unreachable')
      }
    })

    it('accepts nothing from outside its group', async () => {
      const world = makeWorld()
      const [a, b] = [join(world, 0), join(world, 1)]
      a.mesh.setGroup(group(0, 1), 0)
      b.mesh.setGroup(group(1, 2), 1)
      await world.clock.advance(SETTLE_MS)
      void a.mesh.send(1, Uint8Array.of(1), DEADLINE_MS)
      await world.clock.advance(60_000)
      expect(b.received).toEqual([])
      expect(b.mesh.connected.size).toBe(0)
    })

    it('drops members who left the group and keeps the others', async () => {
      const world = makeWorld()
      const [a, b, c] = await connected(world, 3)
      a?.mesh.setGroup(group(0, 2), 0)
      c?.mesh.setGroup(group(0, 2), 2)
      expect([...(a?.mesh.connected ?? [])], 'at once').toEqual([2])
      await world.clock.advance(20_000) // b, who was not told, may try again before it gives up
      expect([...(b?.mesh.connected ?? [])]).toEqual([])
      expect(await sent(world, b as Member, 0, Uint8Array.of(1))).toBe('unreachable')
      expect(await sent(world, a as Member, 2, Uint8Array.of(2))).toBe('sent')
      expect(c?.received).toHaveLength(1)
      expect(a?.received).toHaveLength(0)
    })

    it('connects to a member that comes back under another id', async () => {
      const world = makeWorld()
      const [a, b] = await connected(world, 2)
      b?.mesh.start({ id: 'again', ticket: 'u', path: '/signal' }, [])
      const members = [group(0)[0], { contributor: 1, peer: 'again' }].filter(
        (m) => m !== undefined,
      )
      a?.mesh.setGroup(members, 0)
      b?.mesh.setGroup(members, 1)
      await world.clock.advance(SETTLE_MS)
      expect(await sent(world, a as Member, 1, Uint8Array.of(1))).toBe('sent')
      expect(await sent(world, b as Member, 0, Uint8Array.of(2))).toBe('sent')
      expect([a?.received.length, b?.received.length]).toEqual([1, 1])
    })

    it('gives a member up by the deadline when nothing gets through', async () => {
      const world = makeWorld()
      const [a, b] = await connected(world, 2)
      world.cut(peerOf(0), peerOf(1))
      expect(await sent(world, a as Member, 1, frameOf(100_000, 0))).toBe('unreachable')
      expect(b?.received).toEqual([])
    })

    it('notices a member that closed', async () => {
      const world = makeWorld()
      const [a, b] = await connected(world, 2)
      b?.mesh.close()
      await world.clock.advance(SETTLE_MS)
      expect(a?.mesh.connected.size).toBe(0)
      expect(await sent(world, a as Member, 1, Uint8Array.of(1))).toBe('unreachable')
    })

    it('is silent once closed, and leaves no timer behind', async () => {
      const world = makeWorld()
      const [a, b] = await connected(world, 2)
      const sending = a?.mesh.send(1, frameOf(3_000_000, 0), 60_000)
      await world.clock.advance(1)
      b?.mesh.close()
      a?.mesh.close()
      a?.mesh.setGroup(group(0, 1), 0)
      a?.mesh.start({ id: peerOf(0), ticket: 'new', path: '/signal' }, [])
      expect(['sent', 'unreachable']).toContain(await sending)
      await world.clock.advance(1000)
      expect(world.clock.pending).toBe(0)
      expect(a?.mesh.connected.size).toBe(0)
      expect(b?.received).toEqual([])
    })
  })
}

function sameBytes(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return a.byteLength === b?.byteLength && a.every((byte, i) => byte === b[i])
}
