/** Seeded chaos: whatever happens, replicas stay equal and training goes on once it stops. */
import { generator } from '@quorate/shared/random/generator'
import type { Generator } from '@quorate/shared/random/generator'
import { describe, expect, test } from 'vitest'
import { doubleDraws, ledgerFaults, replayed, replicas, smallRun } from './checks.ts'
import type { DiskFault } from './faulty-ledgers.ts'
import { FaultyLedgers } from './faulty-ledgers.ts'
import type { Volunteer } from './world.ts'
import { World } from './world.ts'

const METHODS = ['signsgd-mv', 'signum-mv', 'ssdm', 'ef-vote'] as const
const SEEDS = 30
const ROUNDS = 100
const MOST = 7

interface Chaos {
  readonly world: World
  readonly run: string
  readonly random: Generator
}

/** Faults as data: each does one thing to the world, or nothing where it cannot. */
const FAULTS: readonly ((chaos: Chaos) => Promise<void> | void)[] = [
  function join({ world, run, random }) {
    if (world.volunteers.length >= MOST) return
    const intensity = random.below(3) === 0 ? 0.5 : 1
    world.join(run, { webrtc: random.below(4) > 0, intensity })
  },
  async function leave({ world, random }) {
    const volunteer = one(world, random)
    if (!volunteer || world.volunteers.length < 3) return
    forget(world, volunteer)
    await volunteer.session.stop()
  },
  function vanish({ world, random }) {
    const volunteer = one(world, random)
    if (!volunteer || world.volunteers.length < 3) return
    forget(world, volunteer)
    volunteer.link.vanish()
    volunteer.mesh.close()
  },
  function reconnect({ world, random }) {
    one(world, random)?.link.cut()
  },
  function cutEdge({ world, random }) {
    const [a, b] = [one(world, random), one(world, random)]
    if (a && b && a !== b) world.cut(a, b)
  },
  function healEdge({ world, random }) {
    const [a, b] = [one(world, random), one(world, random)]
    if (a && b && a !== b) world.heal(a, b)
  },
  async function pauseAndResume({ world, random }) {
    const volunteer = one(world, random)
    volunteer?.session.pause()
    await world.clock.advance(random.below(400))
    volunteer?.session.resume()
  },
  async function killCoordinator({ world, random }) {
    await world.kill()
    await world.clock.advance(random.below(1500))
    await world.boot()
  },
  async function operatorPauses({ world, run, random }) {
    const running = ['waiting', 'calibrating', 'training']
    if (!running.includes(world.training?.run(run).state.kind ?? '')) return
    await world.training?.pause(run)
    await world.clock.advance(random.below(300))
    await world.training?.resume(run)
  },
  function slowLink({ world, random }) {
    const volunteer = one(world, random)
    if (volunteer) volunteer.link.delayMs = [50, 50 + random.below(500)]
  },
]

function one(world: World, random: Generator): Volunteer | undefined {
  return world.volunteers[random.below(Math.max(1, world.volunteers.length))]
}

function forget(world: World, volunteer: Volunteer): void {
  world.volunteers.splice(world.volunteers.indexOf(volunteer), 1)
}

async function chaos(seed: number): Promise<Chaos> {
  const random = generator(seed, 77)
  const disk = (): DiskFault =>
    random.below(3) === 0 ? { kind: 'answers-late', delayMs: random.below(60) } : { kind: 'none' }
  const world = new World(seed, {
    ledgers: (memory, clock) => new FaultyLedgers(memory, clock, disk),
  })
  const run = await world.run({
    ...smallRun,
    seed,
    method: { id: METHODS[seed % METHODS.length] ?? 'ef-vote' },
    groupSize: 2 + random.below(4),
    minRoundMs: 20,
  })
  const at = { world, run, random }
  for (let n = 0; n < 3; n++) world.join(run)
  const limitMs = world.clock.nowMs() + 600_000
  while ((world.training?.run(run).round ?? 0) < ROUNDS && world.clock.nowMs() < limitMs) {
    await world.clock.advance(random.below(600))
    await FAULTS[random.below(FAULTS.length)]?.(at)
    expect(doubleDraws(world), `seed ${seed}`).toEqual([])
  }
  return at
}

describe('chaos', () => {
  test.each(Array.from({ length: SEEDS }, (_, n) => n + 1))('seed %i', async (seed) => {
    const { world, run } = await chaos(seed)
    for (const { link } of world.volunteers) link.delayMs = [1, 20]
    const round = world.training?.run(run).round ?? 0
    expect(round, `seed ${seed}`).toBeGreaterThanOrEqual(ROUNDS)
    const before = new Map(world.volunteers.map((v) => [v, v.view.roundsCounted]))
    const idle = () =>
      world.volunteers.filter(
        (v) => v.view.shards.length > 0 && v.view.roundsCounted < (before.get(v) ?? 0) + 3,
      )
    const done = () => (world.training?.run(run).round ?? 0) >= round + 30 && idle().length === 0
    // A lease of one who vanished lasts a minute.
    await world.clock.until(done, 100_000).catch(() => {
      const stuck = idle().map(({ view }) => JSON.stringify(view))
      throw new Error(`seed ${seed}: from round ${round}: ${stuck.join('\n')}`)
    })
    const [digest, ...others] = await replicas(world, run)
    expect(others, `seed ${seed}`).toEqual([])
    expect(await replayed(world, run), `seed ${seed}`).toBe(digest)
    // Nobody here lies: nobody may be blamed.
    const blame = (await world.store.events(run, 10_000)).filter(
      ({ code }) => code === 'strike' || code === 'digest-differs',
    )
    expect(
      blame.map(({ text }) => text),
      `seed ${seed}`,
    ).toEqual([])
    expect(ledgerFaults(await world.ledger(run)), `seed ${seed}`).toEqual([])
  })
})
