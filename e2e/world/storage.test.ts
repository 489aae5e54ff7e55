/** A run on a disk that stops, fills up, fails or forgets bits: nothing is lost in silence. */
import { directoryRoom } from '@quorate/coordinator/store/files/directory-room'
import type { RunSettingsInput } from '@quorate/shared/run/settings'
import { generator } from '@quorate/shared/random/generator'
import { decodeFrame, splitFrames } from '@quorate/shared/wire/frame'
import { describe, expect, test } from 'vitest'
import { eventCodes, ledgerFaults, replayed, replicas, smallRun } from './checks.ts'
import { FaultyStorage } from './faulty-storage.ts'
import { World } from './world.ts'
import type { WorldOptions } from './world.ts'

const quick: RunSettingsInput = { ...smallRun, minRoundMs: 5 }

async function worldOn(storage: FaultyStorage, seed: number, options: WorldOptions = {}) {
  const world = new World(seed, options)
  Object.assign(world, await storage.open(world.clock))
  return world
}

/** The world's coordinator starts again on what a stop of its machine leaves. */
async function startedAgain(world: World, storage: FaultyStorage) {
  const opened = await storage.open(world.clock)
  await world.killOn(() => opened)
  return world.boot()
}

/** A run of two that has got to `round`, and its machine still. */
async function trained(round: number, seed: number, options: WorldOptions = {}) {
  const storage = new FaultyStorage()
  const world = await worldOn(storage, seed, options)
  const run = await world.run(quick)
  for (let n = 0; n < 2; n++) world.join(run)
  await world.reach(run, round)
  return { storage, world, run }
}

/** Everybody agrees, and so does the ledger read from its first round. */
async function agrees(world: World, run: string): Promise<void> {
  const [digest, ...others] = await replicas(world, run)
  expect(others).toEqual([])
  expect(await replayed(world, run)).toBe(digest)
  const frames = [...splitFrames((await world.training?.ledger(run, 0)) ?? new Uint8Array())]
  expect(ledgerFaults(frames.map((frame) => decodeFrame(frame, frame.length).header))).toEqual([])
}

describe('a machine that stops', () => {
  test.each(['kill', 'power cut'] as const)(
    'at every write around a checkpoint (%s): the old state or the new one, and it goes on',
    async (how) => {
      const { storage, world, run } = await trained(97, 61)
      await world.kill()
      let points = 0
      for (let stopAfter = 1; ; stopAfter++) {
        const machine = storage.after('kill')
        const next = await worldOn(machine, 62)
        const training = await next.boot()
        for (let n = 0; n < 2; n++) next.join(run)
        await next.reach(run, 98)
        machine.stopAfter(stopAfter)
        await next.clock.until(() => machine.disk.stopped || training.run(run).round >= 118, 60_000)
        if (!machine.disk.stopped) break
        await startedAgain(next, machine.after(how, stopAfter))
        const { round } = next.training?.run(run) ?? {}
        expect(round, `operation ${stopAfter}`).toBeGreaterThanOrEqual(98)
        await next.reach(run, (round ?? 0) + 6)
        await agrees(next, run)
        points++
      }
      expect(points).toBeGreaterThan(70)
    },
    240_000,
  )
})

/** One bit of a file is another. */
async function spoil(storage: FaultyStorage, path: string, share = 0.5): Promise<void> {
  const bytes = await storage.disk.readFile(path)
  const at = Math.floor(bytes.length * share)
  const file = await storage.disk.open(path, 'r+')
  await file.write(Buffer.from([(bytes[at] ?? 0) ^ 4]), 0, 1, at)
  await file.datasync()
}

const blobPath = (digest: string) => `/data/blobs/${digest.slice(0, 2)}/${digest}`

describe('a damaged checkpoint', () => {
  test.each(['blob', 'stateBlob'] as const)(
    '(its %s): the one before and the ledger give the same bits, it is told and made anew',
    async (which) => {
      const { storage, world, run } = await trained(230, 63)
      await world.training?.pause(run)
      await world.clock.advance(1000)
      const before = world.training?.replica(run)
      const newest = (await world.store.checkpoints(run)).at(-1)
      expect(newest?.round).toBe(200)
      const path = blobPath(newest?.[which] ?? '')
      const whole = await storage.disk.readFile(path)
      await spoil(storage, path)
      const training = await startedAgain(world, storage)
      expect(training.replica(run)).toEqual(before)
      const events = await training.events(run, 20)
      const told = events.find(({ code }) => code === 'checkpoint-damaged')
      expect(told).toMatchObject({ level: 'error', round: 200 })
      expect(told?.text).toContain('BLOB_DAMAGED')
      expect(events.map(({ code }) => code)).toContain('checkpoint-repaired')
      expect(await storage.disk.readFile(path)).toEqual(whole)
      await training.resume(run)
      await world.reach(run, 250)
      await agrees(world, run)
    },
  )

  test('that is the very first one follows from the seed', async () => {
    const { storage, world, run } = await trained(40, 64)
    const [first] = await world.store.checkpoints(run)
    await storage.disk.remove(blobPath(first?.blob ?? ''))
    const training = await startedAgain(world, storage)
    expect(await eventCodes(world, run)).toContain('checkpoint-repaired')
    expect(training.run(run).round).toBeGreaterThanOrEqual(40)
    await world.reach(run, 60)
    await agrees(world, run)
  })

  test('and the one before it: the run is held with what can be done, others go on', async () => {
    const { storage, world, run } = await trained(330, 65)
    const other = await world.run({ ...quick, seed: 9 })
    const someone = world.join(other)
    await world.clock.until(() => someone.view.roundsCounted > 3, 60_000)
    for (const { blob } of (await world.store.checkpoints(run)).slice(-2)) {
      await spoil(storage, blobPath(blob))
    }
    const training = await startedAgain(world, storage)
    expect(training.run(run).state).toEqual({
      kind: 'paused',
      by: 'fault',
      reason:
        'This run cannot be opened (CHECKPOINT_DAMAGED). ' +
        'Its operator can restore a backup of the data directory, or delete the run.',
    })
    const { round } = training.run(other)
    await world.reach(other, round + 5)
  })

  test('found by a newcomer while the run goes on: another is made, and it comes in', async () => {
    const { storage, world, run } = await trained(150, 66)
    const newest = (await world.store.checkpoints(run)).at(-1)
    await spoil(storage, blobPath(newest?.blob ?? ''))
    const late = world.join(run)
    await world.clock.until(() => late.view.roundsCounted > 3, 60_000)
    expect(await eventCodes(world, run)).toContain('checkpoint-damaged')
    await agrees(world, run)
  })
})

describe('a damaged ledger', () => {
  const segments = async (storage: FaultyStorage, run: string) =>
    (await storage.disk.names(`/data/ledgers/${run}`)).filter((name) =>
      /\.(full|frames)$/.test(name),
    )

  test('before a checkpoint: set aside and told; everybody goes on, who was away too', async () => {
    const { storage, world, run } = await trained(130, 67)
    const away = world.volunteers[1]
    away?.link.vanish()
    await world.reach(run, 215)
    await world.training?.pause(run)
    await world.clock.advance(1000)
    const before = world.training?.replica(run)
    const names = await segments(storage, run)
    await spoil(storage, `/data/ledgers/${run}/${names[Math.floor(names.length / 2)]}`)
    const training = await startedAgain(world, storage)
    expect(training.replica(run)).toEqual(before)
    const told = (await training.events(run, 20)).find(({ code }) => code === 'ledger-damaged')
    expect(told).toMatchObject({ level: 'error', round: 200 })
    await training.resume(run)
    const late = world.join(run)
    await world.reach(run, 240)
    expect(late.view.roundsCounted).toBeGreaterThan(5)
    expect(
      await replicas(
        world,
        run,
        world.volunteers.filter((each) => each !== away),
      ),
    ).toHaveLength(1)
    await expect(training.ledger(run, 0)).rejects.toMatchObject({ code: 'LEDGER_GONE' })
  })

  test('after the newest checkpoint: held, with what can be done, and left as it is', async () => {
    const { storage, world, run } = await trained(150, 68)
    await world.kill()
    const names = await segments(storage, run)
    const path = `/data/ledgers/${run}/${names.at(-3)}`
    await spoil(storage, path)
    const spoilt = await storage.disk.readFile(path)
    const training = await startedAgain(world, storage)
    const { state } = training.run(run)
    expect(state).toMatchObject({ kind: 'paused', by: 'fault' })
    expect(state.kind === 'paused' && state.reason).toContain('LEDGER_DAMAGED')
    expect((await training.events(run, 1))[0]?.text).toContain('is wrong')
    expect(await storage.disk.readFile(path)).toEqual(spoilt)
  })

  test('that lost its last round, which was told: no other verdict takes its place', async () => {
    const { storage, world, run } = await trained(50, 69)
    await world.training?.pause(run)
    await world.clock.advance(1000)
    await world.kill()
    const path = `/data/ledgers/${run}/${(await segments(storage, run)).at(-1)}`
    await spoil(storage, path, 0.99)
    const training = await startedAgain(world, storage)
    expect(training.run(run).state).toMatchObject({ kind: 'paused', by: 'fault' })
    expect((await training.events(run, 1))[0]?.text).toContain('were decided')
  })

  test('found by a newcomer while the run goes on: a checkpoint makes up for it', async () => {
    const { storage, world, run } = await trained(160, 70)
    const names = await segments(storage, run)
    await spoil(storage, `/data/ledgers/${run}/${names.at(-2)}`)
    const late = world.join(run)
    await world.clock.until(() => late.view.roundsCounted > 3, 60_000)
    expect(await eventCodes(world, run)).toContain('ledger-damaged')
    expect(await replicas(world, run)).toHaveLength(1)
    const training = await startedAgain(world, storage)
    expect(training.run(run).state.kind).not.toBe('paused')
    await world.reach(run, training.run(run).round + 10)
    expect(await replicas(world, run)).toHaveLength(1)
  })
})

describe('a disk without room', () => {
  test('holds the run with the reason, and it goes on by itself when there is some', async () => {
    const storage = new FaultyStorage()
    const room = directoryRoom('/data', null, storage.disk)
    const world = await worldOn(storage, 71, { room })
    const run = await world.run(quick)
    for (let n = 0; n < 2; n++) world.join(run)
    await world.reach(run, 30)
    storage.disk.capacityBytes = storage.disk.usedBytes + 2000
    await world.clock.until(() => world.training?.run(run).state.kind === 'paused', 60_000)
    expect(world.training?.run(run).state).toEqual({
      kind: 'paused',
      by: 'fault',
      reason: 'The disk of the server is full (DISK_FULL). Training goes on when there is room.',
    })
    await world.clock.advance(100)
    expect(world.volunteers[0]?.view.runState).toMatchObject({ kind: 'paused', by: 'fault' })
    expect((await world.training?.events(run, 1))?.[0]).toMatchObject({ code: 'held' })
    await world.clock.advance(3_600_000)
    const { round } = world.training?.run(run) ?? { round: 0 }
    expect(world.training?.run(run).state.kind).toBe('paused')
    // A start on a full disk waits as well; nobody has to press anything.
    await startedAgain(world, storage)
    await world.clock.advance(60_000)
    expect(world.training?.run(run)).toMatchObject({ round, state: { kind: 'paused' } })
    storage.disk.capacityBytes = Number.POSITIVE_INFINITY
    await world.reach(run, round + 20)
    await agrees(world, run)
  })

  test('with a limit that is reached: held, and on when the limit is another', async () => {
    let limitBytes = 1e9
    const room = { look: async () => ({ usedBytes: 5e8, limitBytes, freeBytes: 1e12 }) }
    const { world, run } = await trained(10, 72, { room })
    limitBytes = 4e8
    await world.clock.advance(60_000)
    const { state } = world.training?.run(run) ?? {}
    expect(state?.kind === 'paused' && state.reason).toContain('DISK_LIMIT')
    limitBytes = 1e9
    await world.clock.until(() => world.training?.run(run).state.kind === 'training', 300_000)
    await agrees(world, run)
  })

  test.each([81, 82, 83, 84])(
    'that fails now and then: nothing is lost (seed %i)',
    async (seed) => {
      const { storage, world, run } = await trained(20, seed)
      const random = generator(seed, 5)
      let faults = 0
      storage.disk.faultAt = () => {
        if (random.below(40) > 0) return null
        faults += 1
        return { kind: 'fails', code: random.below(2) === 0 ? 'ENOSPC' : 'EIO' }
      }
      for (let minute = 0; minute < 12; minute++) {
        await world.clock.advance(1000)
        const { state } = world.training?.run(run) ?? {}
        if (state?.kind === 'paused') await world.training?.resume(run).catch(() => {})
      }
      storage.disk.faultAt = () => null
      if (world.training?.run(run).state.kind === 'paused') await world.training.resume(run)
      expect(faults).toBeGreaterThan(5)
      const { round } = world.training?.run(run) ?? { round: 0 }
      await world.reach(run, round + 10)
      await agrees(world, run)
    },
  )
})

test('rounds that are not kept any more: bounded on disk, and nobody is left behind', async () => {
  const { storage, world, run } = await trained(20, 91, { ledgerKeep: 150 })
  const [, away] = world.volunteers
  away?.link.vanish()
  const sizes: number[] = []
  for (const round of [400, 600, 800]) {
    await world.reach(run, round)
    sizes.push(storage.disk.usedBytes)
  }
  expect((sizes[2] ?? 0) - (sizes[1] ?? 0)).toBeLessThan(0.1 * (sizes[1] ?? 0))
  const late = world.join(run)
  await world.clock.until(() => late.view.roundsCounted > 3, 60_000)
  expect((await world.store.checkpoints(run)).map(({ round }) => round)).toEqual([0, 700, 800])
  await expect(world.training?.ledger(run, 0)).rejects.toMatchObject({ code: 'LEDGER_GONE' })
  const training = await startedAgain(world, storage)
  await world.reach(run, training.run(run).round + 20)
  expect(await replicas(world, run, [world.volunteers[0] ?? late, late])).toHaveLength(1)
})

test('an older state is put back while tabs are open: who is ahead starts over, and all agree', async () => {
  const { storage, world, run } = await trained(130, 92)
  const older = storage.after('kill')
  await world.reach(run, 180)
  const [stored] = await older.store.listRuns()
  await older.store.reserveAttempts(run, (stored?.attemptsReserved ?? 0) + 1_000_000)
  const training = await startedAgain(world, older)
  const { round } = training.run(run)
  expect(round).toBeLessThan(150)
  const before = world.volunteers.map((each) => each.view.roundsCounted)
  await world.reach(run, 220)
  world.volunteers.forEach((each, at) =>
    expect(each.view.roundsCounted).toBeGreaterThan((before[at] ?? 0) + 20),
  )
  await agrees(world, run)
})
