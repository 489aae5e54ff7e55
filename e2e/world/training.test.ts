import { describe, expect, test } from 'vitest'
import { smallRun } from './checks.ts'
import { World } from './world.ts'

const settings = { ...smallRun, rounds: 300, evaluateEvery: 10 }

async function digests(world: World, run: string): Promise<Set<string>> {
  const mine = world.volunteers.map(({ view }) => view.digest)
  const coordinator = world.training?.run(run).digest
  return new Set([...mine, coordinator].map((report) => JSON.stringify(report)))
}

describe('one process', () => {
  test('four contributors with one class each learn, and all replicas are equal', async () => {
    const world = new World(1)
    const run = await world.run(settings)
    for (let n = 0; n < 4; n++) world.join(run)
    await world.reach(run, 300)
    await world.clock.advance(2000)
    const view = world.training?.run(run)
    expect(view?.state).toEqual({ kind: 'finished', why: 'rounds' })
    expect(view?.accuracy).toBeGreaterThan(0.9)
    expect(await digests(world, run)).toHaveLength(1)
    for (const { view: mine } of world.volunteers) {
      expect(mine.roundsMissed).toBe(0)
      expect(mine.traffic.slicesDirect).toBeGreaterThan(0)
    }
  })

  test('every round passes its marks in order, at every contributor', async () => {
    const world = new World(3)
    const run = await world.run({ ...settings, rounds: 12 })
    const marks = [0, 1].map(() => new Map<number, string[]>())
    for (const passed of marks) {
      world.join(run, {
        mark: (mark, round) => passed.set(round, [...(passed.get(round) ?? []), mark]),
      })
    }
    await world.reach(run, 12)
    await world.clock.advance(2000)
    const whole = ['opened', 'cast', 'collected', 'tallied', 'decided', 'applied']
    for (const passed of marks) {
      expect(passed.size).toBeGreaterThan(5)
      // The next round is opened with the verdict, before the replica has taken its step.
      for (let round = 6; round < 12; round++) expect(passed.get(round)).toEqual(whole)
    }
  })

  test('a heartbeat is answered also while nothing else happens', async () => {
    const world = new World(4)
    const run = await world.run({ ...settings, minVoters: 2 })
    const waiting = world.join(run)
    await world.clock.advance(1000)
    const heard: string[] = []
    waiting.link.overhear((event) => {
      if (event.kind === 'message') heard.push(event.message.type)
    })
    await world.clock.advance(15_000)
    expect(heard).toEqual(['alive', 'alive', 'alive'])
  })

  test('one contributor alone trains with every shard', async () => {
    const world = new World(2)
    const run = await world.run({ ...settings, rounds: 60 })
    const volunteer = world.join(run)
    await world.reach(run, 60)
    expect(volunteer.view.shards).toHaveLength(4)
    expect(volunteer.view.roundsCounted).toBeGreaterThan(50)
  })
})
