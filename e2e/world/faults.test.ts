/** Contributors that leave, hide, dawdle or compute nonsense: the others train on. */
import type { GradientEngine } from '@quorate/client/trainer/engine'
import type { Trainer } from '@quorate/client/session/ports'
import { describe, expect, test } from 'vitest'
import { doubleLeases, eventCodes, replicas, smallRun } from './checks.ts'
import type { Volunteer } from './world.ts'
import { World } from './world.ts'

async function trainingWith(seed: number, count: number, settings = smallRun) {
  const world = new World(seed)
  const run = await world.run(settings)
  for (let n = 0; n < count; n++) world.join(run)
  await world.reach(run, 10)
  return { world, run, volunteers: [...world.volunteers] }
}

const counted = (volunteers: readonly Volunteer[]) => volunteers.map((v) => v.view.roundsCounted)

describe('a member that goes', () => {
  test('cut off in mid-round: its slice is counted through the coordinator, at once', async () => {
    const { world, run, volunteers } = await trainingWith(3, 4)
    const [gone, ...others] = volunteers as [Volunteer, ...Volunteer[]]
    const before = counted(others)
    const relayed = others.map((v) => v.view.traffic.slicesRelayed)
    const startMs = world.clock.nowMs()
    // Past the opening, before the ballots are there.
    await world.clock.until(() => world.training?.run(run).round === 12, 10_000)
    await world.clock.advance(55)
    gone.link.close()
    gone.mesh.close()
    await world.reach(run, 16)
    expect(world.clock.nowMs() - startMs).toBeLessThan(4000)
    expect(counted(others).every((now, at) => now >= (before[at] ?? 0) + 5)).toBe(true)
    expect(others.some((v, at) => v.view.traffic.slicesRelayed > (relayed[at] ?? 0))).toBe(true)
    expect(await replicas(world, run, others)).toHaveLength(1)
  })

  test('a clean leave gives its shards to the others at once, a cut only after the lease', async () => {
    const { world, run, volunteers } = await trainingWith(4, 4)
    const [leaver, lost, ...rest] = volunteers as [Volunteer, Volunteer, ...Volunteer[]]
    const held = (of: readonly Volunteer[]) => of.flatMap((v) => v.view.shards).sort()
    await leaver.session.stop()
    await world.clock.advance(2000)
    expect(held([lost, ...rest])).toEqual([0, 1, 2, 3])
    const lostShards = lost.view.shards
    lost.link.cut = () => {}
    // Dead without a word: the connection ends, and nobody comes back.
    Object.assign(lost.link, { closed: true })
    world.volunteers.splice(world.volunteers.indexOf(lost), 1)
    lost.link.vanish()
    await world.clock.advance(50_000)
    expect(held(rest)).not.toEqual(expect.arrayContaining([...lostShards]))
    await world.clock.advance(20_000)
    expect(held(rest)).toEqual([0, 1, 2, 3])
    expect(await doubleLeases(world, run)).toEqual([])
  })
})
