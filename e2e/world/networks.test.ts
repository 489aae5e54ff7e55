/** Networks that forbid, forget or fall asleep: everybody is counted all the same. */
import { CREDENTIAL_LIFETIME_MS } from '@quorate/coordinator/ice/ice-issuer'
import { describe, expect, test } from 'vitest'
import { replicas, smallRun } from './checks.ts'
import { World } from './world.ts'

const HOUR_MS = 60 * 60_000

describe('a group', () => {
  test('in which no edge ever opens is counted in full, over the WebSocket, without a void', async () => {
    const world = new World(90)
    const run = await world.run({ ...smallRun, minVoters: 4 })
    for (let n = 0; n < 4; n++) world.join(run)
    await world.clock.until(() => world.volunteers.every(({ mesh }) => mesh.peer), 20_000)
    for (const one of world.volunteers) {
      for (const other of world.volunteers) if (one !== other) world.cut(one, other)
    }
    await world.reach(run, 40)
    const rounds = await world.store.rounds(run, { from: 0, to: 39, limit: 40 })
    expect(rounds.slice(-20).map(({ voters, attempts }) => [voters, attempts])).toEqual(
      Array.from({ length: 20 }, () => [4, 1]),
    )
    const relayed = world.volunteers.map(({ view }) => view.traffic.slicesRelayed)
    expect(Math.min(...relayed)).toBeGreaterThanOrEqual(3 * 20)
    expect(world.volunteers.map(({ view }) => view.traffic.slicesDirect)).toEqual([0, 0, 0, 0])
    expect(await replicas(world, run)).toHaveLength(1)
  })

  test('one edge of which goes bad and stays bad loses nobody in any round', async () => {
    const world = new World(91)
    const run = await world.run({ ...smallRun, minVoters: 3 })
    const [one, other] = [world.join(run), world.join(run), world.join(run)]
    await world.reach(run, 20)
    if (!one || !other) throw new Error('nobody joined')
    world.cut(one, other)
    const from = world.training?.run(run).round ?? 0
    await world.reach(run, from + 30)
    const rounds = await world.store.rounds(run, { from, to: from + 29, limit: 30 })
    expect(rounds.map(({ attempts }) => attempts)).toEqual(rounds.map(() => 1))
    expect(rounds.filter(({ voters }) => voters === 3)).toHaveLength(rounds.length)
    expect(Math.max(...rounds.slice(2).map(({ durationMs }) => durationMs))).toBeLessThan(1000)
  })
})

test('a laptop that slept for an hour comes back as itself and catches up by the ledger alone', async () => {
  const world = new World(92)
  const run = await world.run({ ...smallRun, rounds: 10_000, minRoundMs: 60_000 })
  const laptop = world.join(run)
  world.join(run)
  await world.reach(run, 5)
  const { me, roundsCounted, replicaRound } = laptop.view
  laptop.link.sleep(HOUR_MS)
  await world.clock.advance(HOUR_MS - 1000)
  expect(world.training?.run(run).contributors).toBe(1)
  const slept = world.training?.run(run).round ?? 0
  expect(slept).toBeGreaterThan(50)
  const fetchedBefore = world.fetched.length
  await world.reach(run, slept + 3)
  expect(laptop.view.me).toEqual(me)
  expect(laptop.view.roundsCounted).toBeGreaterThan(roundsCounted)
  const fetched = world.fetched.slice(fetchedBefore)
  expect(fetched).toContain(`/api/runs/${run}/ledger?from=${replicaRound}`)
  const checkpoints = await world.store.checkpoints(run)
  expect(checkpoints.filter(({ blob }) => fetched.includes(`/api/blobs/${blob}`))).toEqual([])
  expect(await replicas(world, run)).toHaveLength(1)
})

test('credentials for TURN are renewed before they run out, on the connection that is there', async () => {
  const world = new World(93, { turn: { urls: ['turn:t.example'], secret: 'a secret of sixteen' } })
  const run = await world.run({ ...smallRun, rounds: 100_000, minRoundMs: 60_000 })
  const { mesh, link, view } = world.join(run)
  await world.clock.until(() => mesh.iceServers.length > 0, 10_000)
  const expiryOf = () => Number(mesh.iceServers[0]?.username?.split(':')[0]) * 1000
  const first = expiryOf()
  expect(first - world.clock.nowMs()).toBeGreaterThan(CREDENTIAL_LIFETIME_MS - 20_000)
  let opened = 0
  link.overhear(({ kind }) => (opened += kind === 'open' ? 1 : 0))
  await world.clock.advance(CREDENTIAL_LIFETIME_MS / 2 - 20_000)
  expect(expiryOf()).toBe(first)
  await world.clock.advance(30_000)
  expect(expiryOf()).toBeGreaterThan(first)
  expect(opened, 'without another connection').toBe(0)
  expect(view.status.kind).not.toBe('failed')
})
