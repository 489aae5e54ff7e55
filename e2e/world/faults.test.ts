/** Contributors that leave, hide, dawdle or compute nonsense: the others train on. */
import type { GradientEngine } from '@quorate/client/trainer/engine'
import type { Trainer } from '@quorate/client/session/ports'
import type { Clock } from '@quorate/shared/clock/clock'
import { decodeVerdict, encodeVerdict } from '@quorate/shared/wire/verdict'
import { describe, expect, test } from 'vitest'
import { doubleDraws, eventCodes, replicas, smallRun } from './checks.ts'
import type { Volunteer } from './world.ts'
import { World } from './world.ts'

/** Where minutes pass and rounds do not matter. */
const slowly = { ...smallRun, minRoundMs: 1000 }

async function trainingWith(seed: number, count: number, settings = smallRun) {
  const world = new World(seed)
  const run = await world.run(settings)
  for (let n = 0; n < count; n++) world.join(run)
  await world.reach(run, 10)
  return { world, run, volunteers: [...world.volunteers] }
}

/** The browser dies: connection, mesh and all, without a word. */
function kill(world: World, volunteer: Volunteer): void {
  world.volunteers.splice(world.volunteers.indexOf(volunteer), 1)
  volunteer.link.vanish()
  volunteer.mesh.close()
}

const counted = (volunteers: readonly Volunteer[]) => volunteers.map((v) => v.view.roundsCounted)
const missed = (volunteers: readonly Volunteer[]) => volunteers.map((v) => v.view.roundsMissed)
const held = (of: readonly Volunteer[]) => of.flatMap((v) => v.view.shards).sort()

/** An engine that takes its time: `perRecordMs` for each record of the batch. */
function slow(clock: Clock, perRecordMs: number, firstMs = 0) {
  return (engine: GradientEngine): GradientEngine => ({
    prepare: (model, batch) => engine.prepare(model, batch),
    gradient: async (x, inputs, labels) => {
      const delayMs = firstMs + perRecordMs * labels.length
      await new Promise<void>((resolve) => clock.after(delayMs, resolve))
      return engine.gradient(x, inputs, labels)
    },
    dispose: () => engine.dispose(),
  })
}

describe('a member that goes', () => {
  test('cut off in mid-round: its slice is counted by its auditor, at once', async () => {
    let computing = -1
    const watched = (engine: GradientEngine): GradientEngine => ({
      prepare: (model, batch) => engine.prepare(model, batch),
      gradient: (x, inputs, labels) => {
        computing = world.training?.run(run).round ?? 0
        return engine.gradient(x, inputs, labels)
      },
      dispose: () => engine.dispose(),
    })
    const world = new World(3)
    const run = await world.run(smallRun)
    const gone = world.join(run, { engine: watched })
    const others = [1, 2, 3].map(() => world.join(run))
    await world.reach(run, 20)
    const before = { counted: counted(others), missed: missed(others) }
    const startMs = world.clock.nowMs()
    await world.clock.until(() => computing === 22, 10_000)
    kill(world, gone)
    await world.reach(run, 30)
    expect(world.clock.nowMs() - startMs).toBeLessThan(2000)
    counted(others).forEach((now, at) => expect(now - (before.counted[at] ?? 0)).toBeGreaterThan(7))
    expect(missed(others)).toEqual(before.missed)
    expect(await replicas(world, run)).toHaveLength(1)
  })

  test('a clean leave gives its shards to the others at once, a cut only after the lease', async () => {
    const { world, volunteers } = await trainingWith(4, 4, slowly)
    const [leaver, lost, ...rest] = volunteers as [Volunteer, Volunteer, ...Volunteer[]]
    await leaver.session.stop()
    await world.clock.advance(2000)
    expect(held([lost, ...rest])).toEqual([0, 1, 2, 3])
    const shards = lost.view.shards
    kill(world, lost)
    await world.clock.advance(50_000)
    expect(held(rest).filter((shard) => shards.includes(shard))).toEqual([])
    await world.clock.advance(20_000)
    expect(held(rest)).toEqual([0, 1, 2, 3])
    expect(doubleDraws(world)).toEqual([])
  })

  test('who comes takes no class out of the rounds while it loads', async () => {
    const { world, run } = await trainingWith(1, 1)
    world.join(run)
    await world.reach(run, 40)
    const shards = new Map<number, Set<number>>()
    for (const { attempt, shard } of world.drawn) {
      shards.set(attempt, (shards.get(attempt) ?? new Set()).add(shard))
    }
    const [, ...later] = [...shards.values()].map(({ size }) => size)
    expect(later.filter((size) => size < 4)).toEqual([])
    expect(new Set(world.drawn.map(({ volunteer }) => volunteer)).size).toBe(2)
    expect(doubleDraws(world)).toEqual([])
  })

  test('the data of one cut off goes to one who waits even where no round can open', async () => {
    const { world, run, volunteers } = await trainingWith(5, 1, slowly)
    kill(world, volunteers[0] as Volunteer)
    const waiting = world.join(run)
    await world.clock.advance(3000)
    await world.clock.advance(75_000)
    expect(waiting.view.shards.length).toBeGreaterThan(0)
    expect(waiting.view.roundsCounted).toBeGreaterThan(10)
  })
})

describe('a member that cannot be reached', () => {
  test('a cut edge is relayed and excused: nobody is lost, no deadline is waited for', async () => {
    const { world, run, volunteers } = await trainingWith(6, 4)
    const [a, b] = volunteers as [Volunteer, Volunteer]
    world.cut(a, b)
    const from = world.training?.run(run).round ?? 0
    const startMs = world.clock.nowMs()
    await world.reach(run, from + 50)
    // The first message to find the edge dead takes a second; from then on there is a way round.
    expect(world.clock.nowMs() - startMs).toBeLessThan(50 * 150 + 3000)
    expect(volunteers.map((v) => v.view.roundsMissed)).toEqual([0, 0, 0, 0])
    expect(a.view.traffic.slicesRelayed).toBeGreaterThan(20)
    expect(await replicas(world, run)).toHaveLength(1)
  })

  test('one without WebRTC is counted in every round', async () => {
    const world = new World(7)
    const run = await world.run(smallRun)
    for (let n = 0; n < 3; n++) world.join(run)
    const alone = world.join(run, { webrtc: false })
    await world.reach(run, 40)
    expect(alone.view.roundsCounted).toBeGreaterThan(30)
    expect(alone.view.roundsMissed).toBe(0)
    expect(alone.view.traffic.slicesDirect).toBe(0)
    expect(await replicas(world, run)).toHaveLength(1)
  })
})

describe('a member with less to give', () => {
  test('intensity 0.5 is counted in half the rounds, and nobody waits for the others', async () => {
    const world = new World(8)
    const run = await world.run(smallRun)
    for (let n = 0; n < 3; n++) world.join(run)
    const half = world.join(run, { intensity: 0.5 })
    await world.reach(run, 20)
    const startMs = world.clock.nowMs()
    await world.reach(run, 100)
    expect(world.clock.nowMs() - startMs).toBeLessThan(80 * 150)
    expect(half.view.roundsCounted).toBeGreaterThan(40)
    expect(half.view.roundsCounted).toBeLessThan(55)
  })

  test('a straggler is late, gets smaller batches, and is counted; rounds keep their deadline', async () => {
    const world = new World(9)
    const run = await world.run({ ...smallRun, batch: 32 })
    for (let n = 0; n < 3; n++) world.join(run)
    await world.reach(run, 25)
    // 4 s at a full batch, half a second at an eighth: the deadline is 2 s.
    const straggler = world.join(run, { engine: slow(world.clock, 125) })
    await world.clock.until(() => straggler.view.roundsCounted >= 5, 200_000)
    const view = world.training?.contributors(run).find(({ number }) => number === 4)
    expect(view?.lateBallots).toBeGreaterThan(2)
    expect(view?.strikes).toBe(0)
    expect(view?.status).toBe('ready')
    expect(straggler.view.roundsMissed).toBeGreaterThan(2)
    const longest = (await world.training?.metrics(run, { from: 0, to: 1e6, limit: 1e6 })) ?? []
    expect(Math.max(...longest.map(({ exchangeMs }) => exchangeMs))).toBeLessThan(2600)
    await world.clock.advance(5000)
    expect(await replicas(world, run, world.volunteers.slice(0, 3))).toHaveLength(1)
  })

  test('a straggler computes one batch at a time, and is never further behind than that', async () => {
    const { world, run } = await trainingWith(15, 2)
    const straggler = world.join(run, { engine: slow(world.clock, 0, 3000) })
    await world.clock.advance(60_000)
    await world.training?.pause(run)
    await world.clock.advance(3500)
    expect(straggler.view.replicaRound).toBe(world.training?.run(run).round)
  })

  test('one alone that is slower than the first deadline still comes to be counted', async () => {
    const world = new World(10)
    const run = await world.run({ ...smallRun, method: { id: 'signsgd-mv' } })
    const alone = world.join(run, { engine: slow(world.clock, 5000) })
    await world.clock.until(() => alone.view.roundsCounted >= 2, 1_000_000)
    expect(world.training?.contributors(run)[0]?.strikes).toBe(0)
  })

  test('one alone whose step is slower than the opening phase still gets through it', async () => {
    const world = new World(16)
    const run = await world.run(smallRun)
    let steps = 0
    const counting = (engine: GradientEngine) => {
      const slowly = slow(world.clock, 0, 70_000)(engine)
      return {
        ...slowly,
        gradient: (...batch: Parameters<GradientEngine['gradient']>) => {
          steps += 1
          return slowly.gradient(...batch)
        },
      }
    }
    world.join(run, { engine: counting })
    await world.clock.until(() => world.training?.run(run).state.kind === 'training', 300_000)
    expect(steps).toBeLessThan(4)
  })

  test('a silent member costs the deadlines of two rounds, and is then left alone', async () => {
    const { world, run } = await trainingWith(11, 3)
    const silent = world.join(run)
    await world.clock.until(() => silent.view.roundsCounted > 0, 10_000)
    silent.link.sendFrame = () => true
    silent.mesh.send = async () => 'sent'
    const before = world.training?.run(run).round ?? 0
    await world.clock.advance(30_000)
    // Twice six seconds: 2 for its ballot, 2 for its tally, 2 for its slice asked for again. Then
    // ten seconds without it, and six with it.
    expect((world.training?.run(run).round ?? 0) - before).toBeGreaterThan(60)
    expect(await eventCodes(world, run)).toContain('silent')
  })
})

describe('a member that computes nonsense', () => {
  const broken = (since: () => boolean) => (engine: GradientEngine) => ({
    prepare: engine.prepare.bind(engine),
    dispose: engine.dispose.bind(engine),
    gradient: async (x: Float32Array, inputs: Float32Array, labels: Uint8Array) => {
      const computed = await engine.gradient(x, inputs, labels)
      if (since()) computed.gradient[3] = Number.NaN
      return computed
    },
  })

  test('non-finite gradients abstain, and nothing non-finite is sent', async () => {
    const { world, run } = await trainingWith(12, 3)
    const nan = world.join(run, { engine: broken(() => true) })
    await world.reach(run, 60)
    expect(nan.view.roundsCounted).toBe(0)
    expect(nan.view.traffic.ballotsSent).toBe(0)
    expect(nan.view.trouble).toContain('finite')
    const { parameters } = world.training?.replica(run) ?? {}
    expect(parameters?.every(Number.isFinite)).toBe(true)
    expect(await replicas(world, run)).toHaveLength(1)
  })

  test('everyone abstaining: void attempts with pauses, then it goes on', async () => {
    let ill = false
    const world = new World(13)
    const run = await world.run(smallRun)
    for (let n = 0; n < 2; n++) world.join(run, { engine: broken(() => ill) })
    await world.reach(run, 10)
    ill = true
    await world.clock.advance(1000)
    const round = world.training?.run(run).round ?? 0
    const startMs = world.clock.nowMs()
    await world.clock.advance(20_000)
    ill = false
    expect(world.training?.run(run).round).toBe(round)
    await world.reach(run, round + 5)
    const [first] = (await world.training?.metrics(run, { from: round, to: round, limit: 1 })) ?? []
    const attempts = first?.attempts ?? 0
    expect(attempts).toBeGreaterThan(10)
    expect(attempts).toBeLessThan((world.clock.nowMs() - startMs) / 400)
    expect((await eventCodes(world, run)).filter((code) => code === 'round-void')).toHaveLength(1)
  })

  test('a corrupted replica is told to resync and agrees again within 20 rounds', async () => {
    let corrupt = false
    const world = new World(14)
    const run = await world.run(smallRun)
    const { number } = (await world.store.listRuns())[0] ?? { number: 0 }
    /** Applies one verdict with one sign the other way round. */
    const spoiled = (trainer: Trainer): Trainer => {
      const applyVerdict = trainer.applyVerdict.bind(trainer)
      trainer.applyVerdict = (frame) => {
        if (!corrupt) return applyVerdict(frame)
        corrupt = false
        const d = world.training?.replica(run).parameters.length ?? 0
        const shape = { run: number, d, block: 64 }
        const { round, attempt, verdict } = decodeVerdict(frame, shape)
        if (verdict.kind === 'signs') verdict.signs[0] = (verdict.signs[0] ?? 0) ^ 1
        return applyVerdict(encodeVerdict(shape, { round, attempt }, verdict))
      }
      return trainer
    }
    const bad = world.join(run, { trainer: spoiled })
    for (let n = 0; n < 2; n++) world.join(run)
    await world.reach(run, 13)
    corrupt = true
    await world.reach(run, 16)
    expect(await replicas(world, run)).toHaveLength(2)
    await world.reach(run, 33)
    expect(await replicas(world, run)).toHaveLength(1)
    expect(await eventCodes(world, run)).toContain('digest-differs')
    const before = bad.view.roundsCounted
    await world.reach(run, 45)
    expect(bad.view.roundsCounted).toBeGreaterThan(before)
  })
})

test('who is removed from a run may signal no more', async () => {
  const world = new World(91)
  const run = await world.run(smallRun)
  const [removed] = [world.join(run), world.join(run)]
  await world.reach(run, 3)
  const revoked: string[] = []
  world.training?.onSignalRevoked((peerId) => revoked.push(peerId))
  const peer = removed.mesh.peer
  await world.training?.kick(run, removed.view.me?.contributor ?? 0, true)
  expect(revoked).toEqual([peer])
})

test('who is removed and who is banned stands in the log under codes of their own, by name', async () => {
  const world = new World(92)
  const run = await world.run(smallRun)
  const gone = [world.join(run), world.join(run)]
  await world.reach(run, 3)
  for (const [k, { session, view }] of gone.entries()) {
    await world.training?.kick(run, view.me?.contributor ?? 0, k === 1)
    await session.stop()
  }
  const events = (await world.training?.events(run, 50)) ?? []
  const logged = events.filter(({ code }) => code === 'removed' || code === 'banned')
  const [removed, banned] = gone.map(({ view }) => view.me?.name ?? '')
  expect(logged.map(({ code, text }) => `${code}: ${text}`).sort()).toEqual([
    `banned: You excluded ${banned} from this run for good.`,
    `removed: You removed ${removed}; it may join again.`,
  ])
})

describe('a reader that is too slow', () => {
  test('is sent no more verdicts, keeps nobody waiting, and comes back by the ledger alone', async () => {
    const { world, run, volunteers } = await trainingWith(17, 3)
    const slow = volunteers[0] as Volunteer
    const from = world.training?.run(run).round ?? 0
    const before = { replica: slow.view.replicaRound, downloads: slow.view.traffic.downloads }
    const verdicts = () => slow.view.traffic.verdictsReceived
    const heard: string[] = []
    slow.link.overhear((event) => {
      if (event.kind === 'message') heard.push(event.message.type)
    })
    slow.link.queuedBytes = 2 * 1024 * 1024
    await world.clock.advance(200)
    const received = verdicts()
    const startMs = world.clock.nowMs()
    await world.reach(run, from + 30)
    expect(world.clock.nowMs() - startMs).toBeLessThan(30 * 150)
    expect(verdicts(), 'nothing more is sent').toBe(received)
    expect(slow.view.replicaRound - before.replica).toBeLessThan(5)
    slow.link.queuedBytes = 0
    const counted = slow.view.roundsCounted
    await world.clock.until(() => slow.view.roundsCounted > counted + 5, 20_000)
    expect(heard.filter((type) => type === 'behind')).toHaveLength(1)
    expect(heard).not.toContain('welcome')
    expect(slow.view.traffic.downloads).toBeGreaterThan(before.downloads)
    expect(await replicas(world, run)).toHaveLength(1)
    const codes = await eventCodes(world, run)
    expect(codes.filter((code) => code === 'slow-reader')).toHaveLength(1)
    expect(codes).not.toContain('strike')
    expect(codes).not.toContain('digest-differs')
    expect(codes).not.toContain('cut-off')
  })
})
