/** A coordinator that is killed, a disk that fails, contributors that come late or come back. */
import { generator } from '@quorate/shared/random/generator'
import { splitFrames } from '@quorate/shared/wire/frame'
import type { RunSettingsInput } from '@quorate/shared/run/settings'
import { describe, expect, test } from 'vitest'
import { eventCodes, ledgerFaults, replayed, replicas, smallRun } from './checks.ts'
import type { DiskFault } from './faulty-ledgers.ts'
import { FaultyLedgers } from './faulty-ledgers.ts'
import type { Volunteer } from './world.ts'
import { World } from './world.ts'

const places = (volunteers: readonly Volunteer[]) =>
  volunteers.map(({ view }) => `${view.me?.contributor}: ${view.shards.join()}`)

/** Killed `kills` times, at seeded instants, on a disk that is slow in seeded ways. */
async function killedAgainAndAgain(
  seed: number,
  kills: number,
  withinMs: number,
  { people = 3, ...settings }: { people?: number } & Partial<RunSettingsInput> = {},
) {
  const random = generator(seed, 99)
  const slow = (): DiskFault => {
    const kind = (['none', 'answers-late', 'writes-late'] as const)[random.below(3)] ?? 'none'
    return kind === 'none' ? { kind } : { kind, delayMs: random.below(40) }
  }
  const world = new World(seed, {
    ledgers: (memory, clock) => new FaultyLedgers(memory, clock, slow),
  })
  const run = await world.run({ ...smallRun, minRoundMs: 20, ...settings })
  for (let n = 0; n < people; n++) world.join(run)
  for (let kill = 0; kill < kills; kill++) {
    await world.clock.advance(random.below(withinMs))
    await world.kill()
    await world.clock.advance(random.below(1500))
    await world.boot()
  }
  await world.clock.advance(3000)
  return { world, run }
}

describe('a coordinator that is killed', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'at any instant of a round: nothing is decided twice, all replicas agree (seed %i)',
    async (seed) => {
      const { world, run } = await killedAgainAndAgain(seed, 4, 900)
      const round = world.training?.run(run).round ?? 0
      await world.reach(run, round + 10)
      const [digest, ...others] = await replicas(world, run)
      expect(others, `seed ${seed}`).toEqual([])
      expect(await replayed(world, run)).toBe(digest)
      expect(ledgerFaults(await world.ledger(run)), `seed ${seed}`).toEqual([])
    },
  )

  test.each([
    { method: { id: 'ef-signsgd', twoWay: true } },
    { method: { id: 'mem-sgd', share: 0.05 } },
    { method: { id: 'sgd' } },
  ] as const)('with $method: sums of floats decide again to the same bits', async (settings) => {
    const { world, run } = await killedAgainAndAgain(31, 5, 2500, { ...settings, minRoundMs: 5 })
    const round = world.training?.run(run).round ?? 0
    expect(round, 'beyond a checkpoint').toBeGreaterThan(100)
    await world.reach(run, round + 10)
    const [digest, ...others] = await replicas(world, run)
    expect(others).toEqual([])
    expect(await replayed(world, run)).toBe(digest)
    expect(ledgerFaults(await world.ledger(run))).toEqual([])
  })

  test.each([21, 22, 23, 24, 25])(
    'whoever comes back hears what became of its ballot, and no round counted is lost (seed %i)',
    async (seed) => {
      const { world, run } = await killedAgainAndAgain(seed, 6, 400, { people: 1 })
      await world.training?.pause(run)
      await world.clock.advance(1000)
      // Alone, it is the voter of every round that was decided; what a checkpoint covers is not read
      // again, and there is none yet.
      const round = world.training?.run(run).round ?? 0
      expect(round).toBeGreaterThan(10)
      expect(round).toBeLessThan(100)
      expect(world.volunteers[0]?.view.roundsCounted).toBe(round)
      expect(world.training?.contributors(run)[0]?.roundsCounted).toBe(round)
    },
  )

  test.each([11, 12, 13, 14, 15, 16])(
    'during the opening phase: it is done once, and training begins (seed %i)',
    async (seed) => {
      const { world, run } = await killedAgainAndAgain(seed, 3, 120)
      await world.reach(run, 15)
      const [digest, ...others] = await replicas(world, run)
      expect(others, `seed ${seed}`).toEqual([])
      expect(await replayed(world, run)).toBe(digest)
      const entries = await world.ledger(run)
      expect(ledgerFaults(entries), `seed ${seed}`).toEqual([])
      expect(entries.filter(({ round }) => round === 0)).toHaveLength(2)
    },
  )

  test('contributors come back with their numbers and shards, and nobody loads anew', async () => {
    const world = new World(21)
    const run = await world.run(smallRun)
    for (let n = 0; n < 3; n++) world.join(run)
    await world.reach(run, 30)
    const before = places(world.volunteers)
    const downloads = world.volunteers.map((v) => v.view.traffic.downloads)
    await world.kill()
    await world.clock.advance(5000)
    await world.boot()
    await world.reach(run, 40)
    expect(places(world.volunteers)).toEqual(before)
    world.volunteers.forEach((v, at) =>
      expect(v.view.traffic.downloads - (downloads[at] ?? 0)).toBeLessThan(500),
    )
    expect(await replicas(world, run)).toHaveLength(1)
  })

  test('beyond a checkpoint it goes on from there, to the same replica', async () => {
    const world = new World(22)
    const run = await world.run({ ...smallRun, minRoundMs: 0 })
    for (let n = 0; n < 2; n++) world.join(run)
    await world.reach(run, 130)
    await world.kill()
    await world.boot()
    await world.reach(run, 150)
    const [digest, ...others] = await replicas(world, run)
    expect(others).toEqual([])
    expect(await replayed(world, run)).toBe(digest)
  })

  test('after the last verdict and before it has finished: it does no round too many', async () => {
    const world = new World(23)
    const run = await world.run({ ...smallRun, rounds: 12 })
    world.join(run)
    await world.clock.until(() => world.training?.run(run).round === 12, 60_000)
    const [stored] = await world.store.listRuns()
    await world.kill()
    await world.store.saveRunState(run, { kind: 'training' }, stored?.startedAtMs ?? 0)
    await world.boot()
    await world.clock.advance(5000)
    expect(world.training?.run(run)).toMatchObject({ round: 12, state: { kind: 'finished' } })
  })
})

describe('a disk that fails', () => {
  test.each(['full', 'lies'] as const)(
    'an append that fails (%s) pauses the run with the reason; resumed, it goes on',
    async (kind) => {
      let fault: DiskFault = { kind: 'none' }
      const world = new World(31, {
        ledgers: (memory, clock) => new FaultyLedgers(memory, clock, () => fault),
      })
      const run = await world.run(smallRun)
      for (let n = 0; n < 3; n++) world.join(run)
      await world.reach(run, 12)
      fault = { kind }
      await world.clock.advance(1000)
      const { state } = world.training?.run(run) ?? {}
      // Anyone may see the state; what the disk said is for the operator.
      const reason = 'The verdict could not be recorded (LEDGER_WRITE_FAILED).'
      expect(state).toEqual({ kind: 'paused', by: 'fault', reason })
      const told = (await world.training?.events(run, 1))?.[0]
      expect(told).toMatchObject({ code: 'paused', level: 'error' })
      expect(told?.text).toContain(kind === 'full' ? 'no space' : 'input/output')
      fault = { kind: 'none' }
      await Promise.all([world.training?.resume(run), world.training?.resume(run)])
      const round = world.training?.run(run).round ?? 0
      const before = world.volunteers.map((v) => v.view.roundsCounted)
      await world.reach(run, round + 10)
      world.volunteers.forEach((v, at) =>
        expect(v.view.roundsCounted).toBeGreaterThan((before[at] ?? 0) + 8),
      )
      const [digest, ...others] = await replicas(world, run)
      expect(others).toEqual([])
      expect(await replayed(world, run)).toBe(digest)
      expect(ledgerFaults(await world.ledger(run))).toEqual([])
    },
  )

  test('a bug in a timer of the run pauses it and ends nothing; resumed, it goes on', async () => {
    const world = new World(33)
    const training = await world.boot()
    let isBroken = false
    const accept = training.accept.bind(training)
    training.accept = (connection) =>
      accept({
        ...connection,
        sendTurn(shared, own) {
          if (isBroken && own !== null) throw new Error('no room at /secret/path')
          connection.sendTurn(shared, own)
        },
      })
    const run = await world.run({ ...smallRun, minRoundMs: 500 })
    for (let n = 0; n < 3; n++) world.join(run)
    await world.reach(run, 3)
    isBroken = true
    await world.clock.advance(1000)
    const reason = 'The round could not be finished (INTERNAL).'
    expect(training.run(run).state).toEqual({ kind: 'paused', by: 'fault', reason })
    expect((await training.events(run, 1))[0]?.text).toContain('/secret/path')
    isBroken = false
    await training.resume(run)
    await world.reach(run, 9)
    const [digest, ...others] = await replicas(world, run)
    expect(others).toEqual([])
    expect(await replayed(world, run)).toBe(digest)
  })

  test('stopped while a verdict is being written: the last checkpoint is whole', async () => {
    const world = new World(32, {
      ledgers: (memory, clock) =>
        new FaultyLedgers(memory, clock, () => ({ kind: 'writes-late', delayMs: 500 })),
    })
    const run = await world.run(smallRun)
    world.join(run)
    await world.reach(run, 5)
    await world.clock.advance(300)
    await world.training?.stop(run)
    await world.clock.advance(2000)
    const replica = world.training?.replica(run)
    const newest = (await world.store.checkpoints(run)).at(-1)
    expect(newest).toMatchObject({ round: replica?.round, digest: replica?.digest })
    // And none was made of the round before with the method's state of the round after.
    expect(await world.store.checkpoints(run)).toHaveLength(2)
    await world.kill()
    await world.boot()
    expect(world.training?.replica(run).digest).toBe(replica?.digest)
  })

  test('closed while a verdict is being written, the run is not left paused', async () => {
    const world = new World(33, {
      ledgers: (memory, clock) =>
        new FaultyLedgers(memory, clock, () => ({ kind: 'writes-late', delayMs: 500 })),
    })
    const run = await world.run(smallRun)
    world.join(run)
    await world.reach(run, 3)
    await world.clock.advance(300)
    await world.kill()
    await world.clock.advance(2000)
    expect((await world.store.listRuns())[0]?.state.kind).toBe('training')
  })
})

describe('joining late', () => {
  test('checkpoint and ledger, then counted; back after a moment, the ledger alone', async () => {
    const world = new World(41)
    const run = await world.run({ ...smallRun, minRoundMs: 20 })
    for (let n = 0; n < 2; n++) world.join(run)
    await world.reach(run, 120)
    const late = world.join(run)
    await world.reach(run, 150)
    expect(late.view.roundsCounted).toBeGreaterThan(10)
    expect(await replicas(world, run)).toHaveLength(1)

    const checkpointBytes = (await world.store.checkpoints(run)).at(-1)?.sizeBytes ?? 0
    const before = late.view.traffic.downloads
    const counted = late.view.roundsCounted
    late.link.cut()
    await world.clock.advance(2000)
    expect(late.view.roundsCounted).toBeGreaterThan(counted)
    expect(late.view.traffic.downloads - before).toBeLessThan(checkpointBytes)
    expect(await replicas(world, run)).toHaveLength(1)
  })

  test('a ledger answered in parts is fetched to its end before anyone is ready', async () => {
    const world = new World(42)
    const run = await world.run({ ...smallRun, minRoundMs: 20 })
    world.join(run)
    await world.reach(run, 60)
    const training = world.training
    if (!training) throw new Error('no coordinator')
    const whole = training.ledger.bind(training)
    let answers = 0
    training.ledger = async (id, from) => {
      answers += 1
      const some = [...splitFrames(await whole(id, from))].slice(0, 3)
      return new Uint8Array(Buffer.concat(some))
    }
    const late = world.join(run)
    await world.clock.advance(2000)
    expect(answers).toBeGreaterThan(20)
    expect(late.view.roundsCounted).toBeGreaterThan(5)
    expect(late.view.trouble).toBeNull()
  })

  test('connections that end while the data is being loaded cost nobody a strike', async () => {
    const world = new World(43)
    const run = await world.run(smallRun)
    const flaky = world.join(run)
    for (let n = 0; n < 12; n++) {
      await world.clock.advance(510)
      flaky.link.cut()
    }
    await world.clock.advance(5000)
    expect(await eventCodes(world, run)).not.toContain('strike')
    expect(flaky.view.roundsCounted).toBeGreaterThan(10)
  })
})

describe('the same seed', () => {
  const transcript = async (seed: number) => {
    const world = new World(seed)
    const run = await world.run(smallRun)
    for (let n = 0; n < 3; n++) world.join(run)
    await world.reach(run, 25)
    const frames = await world.training?.ledger(run, 0)
    return Buffer.from(frames ?? []).toString('hex')
  }

  test('gives the same ledger byte for byte, another seed another one', async () => {
    const first = await transcript(51)
    expect(await transcript(51)).toBe(first)
    expect(await transcript(53)).not.toBe(first)
  })
})

test('a run whose newest checkpoint is gone is shown with the reason, and the others go on', async () => {
  const world = new World(77)
  const lost = await world.run({ ...smallRun, seed: 1 })
  const kept = await world.run({ ...smallRun, seed: 2 })
  world.join(kept)
  await world.reach(kept, 10)
  await world.kill()
  const intact = world.store.checkpoints.bind(world.store)
  world.store.checkpoints = async (id) => (id === lost ? [] : intact(id))
  const training = await world.boot()
  const reason =
    'This run cannot be opened (CHECKPOINT_MISSING). ' +
    'Its operator can restore a backup of the data directory, or delete the run.'
  expect(training.run(lost).state).toEqual({ kind: 'paused', by: 'fault', reason })
  expect((await training.events(lost, 1))[0]).toMatchObject({ code: 'not-opened' })
  // A page that looks at it follows it like any other.
  expect(training.contributors(lost)).toEqual([])
  const turnedAway = world.join(lost)
  await world.reach(kept, 30)
  expect(turnedAway.view.status).toMatchObject({ kind: 'failed', code: 'RUN_DAMAGED' })
  await training.remove(lost)
  expect(training.runs().map(({ id }) => id)).toEqual([kept])
})
