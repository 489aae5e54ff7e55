import { describe, expect, it } from 'vitest'
import { VirtualClock } from '@quorate/shared/clock/virtual-clock'
import { generator } from '@quorate/shared/random/generator'
import { MemoryNetwork } from './memory-mesh.ts'
import { meshContract } from './mesh.contract.ts'

function network(lossShare = 0) {
  const clock = new VirtualClock()
  return {
    clock,
    network: new MemoryNetwork({ clock, random: generator(1), delayMs: [5, 80], lossShare }),
  }
}

meshContract('MemoryMesh', () => {
  const { clock, network: memory } = network()
  return { clock, mesh: () => memory.mesh(), cut: (a, b) => memory.cut(a, b) }
})

describe('memory network', () => {
  it('loses the same share of frames under the same seed', async () => {
    const arrived = async () => {
      const { clock, network: memory } = network(0.3)
      const [a, b] = [memory.mesh(), memory.mesh()]
      const members = [0, 1].map((contributor) => ({ contributor, peer: String(contributor) }))
      const received: number[] = []
      b.listen((_, frame) => received.push(frame[0] ?? 0))
      for (const [n, mesh] of [a, b].entries()) {
        mesh.start({ id: String(n), ticket: '', path: '' }, [])
        mesh.setGroup(members, n)
      }
      await clock.advance(200)
      for (let i = 0; i < 200; i++) await a.send(1, Uint8Array.of(i), 1000)
      await clock.advance(1000)
      return received
    }
    const first = await arrived()
    expect(await arrived()).toEqual(first)
    // Binomial(200, 0.7): mean 140, five standard deviations 32.
    expect(Math.abs(first.length - 140)).toBeLessThan(32)
    expect(first).toEqual([...first].sort((x, y) => x - y))
  })
})
