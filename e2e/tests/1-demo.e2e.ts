import { expect, test } from '../fixtures/test.ts'
import { quickDemo } from '../fixtures/settings.ts'
import { until } from '../fixtures/until.ts'

test('four browsers train the demo to 90 % by round 600, one bit per parameter each way', async ({
  start,
  join,
}) => {
  test.setTimeout(600_000)
  const coordinator = await start({ flags: ['--no-demo'] })
  const run = await coordinator.startRun({ ...quickDemo, rounds: 620 })
  const url = `${coordinator.url}/run/${run.id}`
  const volunteers = []
  for (let n = 0; n < 4; n++) volunteers.push(await join(url, { backend: 'wasm' }))

  const shards = await until('four contributors hold all ten shards', async () => {
    const people = await coordinator.contributors(run.id)
    const held = people.flatMap((one) => one.shards.map(({ shard }) => shard))
    const each = people.map((one) => one.shards.length)
    // What goes to a newcomer is its holder's too until the newcomer has loaded it.
    const settled = held.length === 10 && new Set(held).size === 10
    return settled && each.every((count) => count > 0) && each.length === 4 && each
  })
  expect([...shards].sort()).toEqual([2, 2, 3, 3])

  await until('round 600', async () => (await coordinator.run(run.id)).round >= 600, 480_000)
  const rounds = await coordinator.rounds(run.id)
  const best = Math.max(...rounds.filter(({ round }) => round < 600).map((r) => r.accuracy ?? 0))
  expect(best).toBeGreaterThanOrEqual(0.9)

  await until('the run has finished', async () => {
    return (await coordinator.run(run.id)).state.kind === 'finished'
  })
  const { digest, d } = await coordinator.run(run.id)
  for (const volunteer of volunteers) {
    await expect.poll(() => volunteer.digest()).toEqual(digest)
  }

  // Bytes, as counted where they were sent and received.
  const last = rounds.at(-1)
  expect(last?.verdictBytes).toBeLessThanOrEqual(1.035 * (d / 8) + 1024)
  const people = await until('everybody has reported the last figures', async () => {
    const all = await coordinator.contributors(run.id)
    return all.length === 4 && all.every((one) => one.traffic.verdictsReceived > 0) && all
  })
  for (const one of people) {
    const perRound = one.traffic.ballotsSent / (one.roundsCounted + one.roundsMissed)
    // Once to the owners of its slices, and once to their auditors.
    expect(perRound).toBeLessThanOrEqual(2 * (1.02 * (d / 8) + 1024))
    expect(one.traffic.slicesDirect).toBeGreaterThan(one.traffic.slicesRelayed)
    // Tallies: d/K parameters in ⌈log₂(Σw + 1)⌉ planes, Σw ≤ 60, and 4 weights of 4 bits a block.
    const tallies = one.traffic.talliesSent / one.roundsCounted
    expect(tallies).toBeLessThanOrEqual((d / 4 / 8) * 6 + (4 * (d / 256 / 4)) / 2 + 1024)
  }

  // The same figures on the volunteer's page and in the API.
  const names = new Map(people.map((one) => [one.name, one]))
  for (const volunteer of volunteers) {
    const one = names.get(await volunteer.name())
    expect(one).toBeDefined()
    const shown = volunteer.page.getByTestId('votes-up')
    await expect
      .poll(
        async () => {
          const reported = (await coordinator.contributors(run.id)).find(
            (x) => x.name === one?.name,
          )
          return Number(await shown.getAttribute('data-bytes')) === reported?.traffic.ballotsSent
        },
        { timeout: 15_000 },
      )
      .toBe(true)
  }
})
