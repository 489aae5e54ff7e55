/** Every method, in groups of every kind, gives everyone the same replica. */
import type { RunSettingsInput } from '@quorate/shared/run/settings'
import { describe, expect, test } from 'vitest'
import { eventCodes, replayed, replicas, smallRun } from './checks.ts'
import { World } from './world.ts'

/** A method and what of a run goes with it. */
const methods: readonly (Pick<RunSettingsInput, 'method'> & Partial<RunSettingsInput>)[] = [
  { method: { id: 'signsgd-mv' } },
  { method: { id: 'signsgd-mv' }, localSteps: 3 },
  { method: { id: 'signum-mv' } },
  { method: { id: 'ssdm' } },
  { method: { id: 'ssdm', norm: 'linf-block' } },
  { method: { id: 'noisy-signsgd' } },
  { method: { id: 'sto-sign' } },
  { method: { id: 'z-sign-fedavg', distribution: 'uniform' }, localSteps: 2 },
  { method: { id: 'ef-signsgd' }, learningRate: 0.5 },
  { method: { id: 'ef-signsgd', twoWay: true }, learningRate: 0.5 },
  { method: { id: 'mem-sgd' }, learningRate: 0.5 },
  { method: { id: 'mem-sgd', select: 'random', share: 0.1 }, learningRate: 0.1 },
  { method: { id: 'sgd' }, learningRate: 0.5 },
  { method: { id: 'fedavg' }, localSteps: 3, learningRate: 0.2 },
  { method: { id: 'ef-vote' } },
  { method: { id: 'ef-vote' }, localSteps: 2 },
  { method: { id: 'ef-vote', down: 'scaled' }, learningRate: 0.5 },
]

describe.each(methods)('$method, $localSteps local steps', (settings) => {
  test.each([
    { contributors: 1, groupSize: 8 },
    { contributors: 2, groupSize: 8 },
    { contributors: 4, groupSize: 8 },
    { contributors: 5, groupSize: 2 },
  ])('$contributors in groups of $groupSize train, and all replicas are equal', async (sizes) => {
    const { contributors, groupSize } = sizes
    const world = new World(contributors * 10 + groupSize)
    const run = await world.run({ ...smallRun, ...settings, groupSize })
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

describe('the scaled down-link', () => {
  test('opens with units of γ times the gradients, and learns from the first rounds on', async () => {
    const world = new World(63)
    const settings = { ...smallRun, method: { id: 'ef-vote', down: 'scaled' }, learningRate: 0.5 }
    const run = await world.run({ ...settings, evaluateEvery: 25 } as RunSettingsInput)
    for (let n = 0; n < 4; n++) world.join(run)
    await world.reach(run, 50)
    expect(world.training?.run(run).accuracy).toBeGreaterThan(0.9)
  })
})

describe('floats that overflow', () => {
  test.each([
    { method: { id: 'sgd' }, learningRate: 4, weightDecay: 1 },
    { method: { id: 'mem-sgd' }, learningRate: 100, weightDecay: 1 },
  ] as const)(
    '$method: honest contributors abstain, nobody is struck, the run pauses',
    async (own) => {
      const world = new World(64)
      const run = await world.run({ ...smallRun, ...own, schedule: 'constant' })
      for (let n = 0; n < 3; n++) world.join(run)
      await world.clock.advance(120_000)
      const codes = await eventCodes(world, run)
      expect(codes).not.toContain('strike')
      expect(codes).not.toContain('silent')
      expect(codes).toContain('not-finite')
      expect(world.training?.run(run).state).toMatchObject({ kind: 'paused', by: 'fault' })
      expect(await replicas(world, run)).toHaveLength(1)
    },
  )
})

describe('floats that come late', () => {
  test('are late, not silence: who sends them is asked again in the next round', async () => {
    const world = new World(65)
    const deadline = { ballotDeadlineMs: 300, minRoundMs: 2000 }
    const run = await world.run({ ...smallRun, ...deadline, method: { id: 'sgd' } })
    world.join(run)
    const slow = world.join(run)
    await world.reach(run, 10)
    slow.link.delayMs = [400, 420]
    await world.clock.advance(30_000)
    const all = world.training?.contributors(run) ?? []
    const view = all.find(({ name }) => name === slow.view.me?.name)
    expect(view?.lateBallots).toBeGreaterThan(10)
    expect(await eventCodes(world, run)).not.toContain('silent')
  })
})

describe('signsgd', () => {
  test('takes one contributor; whoever comes then is told so, and gets in when it has left', async () => {
    const world = new World(62)
    const run = await world.run({ ...smallRun, method: { id: 'signsgd' } })
    const first = world.join(run)
    await world.reach(run, 5)
    const second = world.join(run)
    await world.clock.advance(2000)
    expect(second.view.trouble).toMatch(/RUN_FULL/)
    expect(await replicas(world, run, [first])).toHaveLength(1)
    await first.session.stop()
    await world.clock.advance(1000)
    await world.clock.advance(60_000)
    expect(second.view.roundsCounted).toBeGreaterThan(0)
    expect(world.training?.run(run).contributors).toBe(1)
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
    await world.reach(run, (world.training?.run(run).round ?? 0) + 10)
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
