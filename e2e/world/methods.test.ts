/** Every method, in groups of every kind, gives everyone the same replica. */
import type { RunSettingsInput } from '@quorate/shared/run/settings'
import { describe, expect, test } from 'vitest'
import { eventCodes, replayed, replicas, smallRun } from './checks.ts'
import { World } from './world.ts'

const methods: readonly RunSettingsInput['method'][] = [
  { id: 'signsgd-mv' },
  { id: 'signum-mv' },
  { id: 'ssdm' },
  { id: 'ssdm', norm: 'linf-block' },
  { id: 'ef-vote' },
]

describe.each(methods)('$id $norm', (method) => {
  test.each([
    { contributors: 1, groupSize: 8 },
    { contributors: 2, groupSize: 8 },
    { contributors: 4, groupSize: 8 },
    { contributors: 5, groupSize: 2 },
  ])('$contributors in groups of $groupSize train, and all replicas are equal', async (sizes) => {
    const { contributors, groupSize } = sizes
    const world = new World(contributors * 10 + groupSize)
    const run = await world.run({ ...smallRun, method, groupSize })
    for (let n = 0; n < contributors; n++) world.join(run)
    await world.reach(run, 25)
    const [digest, ...others] = await replicas(world, run)
    expect(others).toEqual([])
    expect(await replayed(world, run)).toBe(digest)
    expect(await eventCodes(world, run)).not.toContain('strike')
    for (const { view } of world.volunteers) {
      expect(view.roundsCounted).toBeGreaterThan(15)
      expect(view.roundsMissed).toBe(0)
    }
  })
})

describe('quorum', () => {
  test('with minVoters 3 two contributors wait for a third', async () => {
    const world = new World(60)
    const run = await world.run({ ...smallRun, minVoters: 3 })
    world.join(run)
    world.join(run)
    await world.clock.advance(10_000)
    expect(world.training?.run(run).state).toEqual({ kind: 'waiting', need: 3, have: 2 })
    const third = world.join(run)
    await world.reach(run, 10)
    await third.session.stop()
    await world.clock.advance(1000)
    expect(world.training?.run(run).state).toEqual({ kind: 'waiting', need: 3, have: 2 })
    expect(await replicas(world, run, world.volunteers.slice(0, 2))).toHaveLength(1)
  })
})

describe('more contributors than data', () => {
  test('the last ones wait, get data when somebody leaves, and nothing is left behind', async () => {
    const world = new World(61)
    const run = await world.run({ ...smallRun, minRoundMs: 500 })
    const idle = world.clock.pending
    // 4 shards of 5 chunks.
    for (let n = 0; n < 22; n++) world.join(run)
    await world.clock.advance(8000)
    const waiting = world.volunteers.filter(({ view }) => view.shards.length === 0)
    expect(waiting.map(({ view }) => view.status.kind)).toEqual([
      'waiting-for-data',
      'waiting-for-data',
    ])
    await world.clock.advance(65_000)
    expect(waiting.map(({ view }) => view.status.kind)).toEqual([
      'waiting-for-data',
      'waiting-for-data',
    ])
    const [first] = world.volunteers
    await first?.session.stop()
    await world.clock.advance(4000)
    expect(waiting.filter(({ view }) => view.shards.length > 0)).toHaveLength(1)
    expect(waiting.filter(({ view }) => view.roundsCounted > 0)).toHaveLength(1)
    for (const { session } of world.volunteers) await session.stop()
    await world.clock.advance(60_000)
    expect(world.clock.pending).toBe(idle)
  })
})
