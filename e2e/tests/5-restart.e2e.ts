import { expect, test } from '../fixtures/test.ts'
import { quickDemo } from '../fixtures/settings.ts'
import { until } from '../fixtures/until.ts'

test('the coordinator is killed and started again: the run goes on from the last recorded round', async ({
  start,
  keep,
  join,
}) => {
  const first = await start({ flags: ['--no-demo'] })
  const run = await first.startRun({ ...quickDemo, rounds: 100_000, minRoundMs: 30 })
  const url = `${first.url}/run/${run.id}`
  const volunteers = [await join(url, { backend: 'wasm' }), await join(url, { backend: 'wasm' })]
  await until('round 120', async () => (await first.run(run.id)).round >= 120, 90_000)
  const people = await until('each shard has one holder', async () => {
    const now = await first.contributors(run.id)
    return now.flatMap(({ shards }) => shards).length === 10 && now
  })
  const before = await first.run(run.id)
  const roundsBefore = await first.rounds(run.id)
  await first.kill()

  const second = keep(await first.startAgain())
  const after = await second.run(run.id)
  expect(after.round).toBeGreaterThanOrEqual(before.round)
  const remembered = (await second.rounds(run.id)).filter((r) => r.round < before.round - 5)
  for (const metrics of remembered) {
    const known = roundsBefore.find((r) => r.round === metrics.round)
    if (known && known.accuracy !== null) expect(metrics.accuracy).toBe(known.accuracy)
    expect(metrics.voters).toBe(known?.voters)
  }
  const back = await until('both browsers come back and are counted', async () => {
    const now = await second.contributors(run.id)
    const ready = now.filter((one) => one.status === 'ready')
    const { round } = await second.run(run.id)
    return ready.length === 2 && round >= after.round + 30 && now
  })
  // The same people with the same shards.
  const shardsOf = (one: { name: string; shards: { shard: number }[] }) =>
    `${one.name}: ${one.shards
      .map(({ shard }) => shard)
      .sort()
      .join()}`
  expect(back.map(shardsOf).sort()).toEqual(people.map(shardsOf).sort())
  await until('digests agree after the restart', async () => {
    const now = await second.contributors(run.id)
    return now.every((one) => one.lastDigest?.agrees && one.lastDigest.round > after.round)
  })
  for (const volunteer of volunteers) expect(await volunteer.digest()).not.toBeNull()
  // No round decided twice.
  const rounds = (await second.rounds(run.id)).map(({ round }) => round)
  expect(new Set(rounds).size).toBe(rounds.length)
  const events = await second.events(run.id)
  expect(events.filter(({ code }) => code === 'digest-differs')).toEqual([])
})
