import { expect, test } from '../fixtures/test.ts'
import { smallRun } from '../fixtures/settings.ts'
import { until } from '../fixtures/until.ts'

test('a slice owner closes its tab in mid-round; a late joiner catches up and is counted', async ({
  start,
  join,
}) => {
  const coordinator = await start({ flags: ['--no-demo'] })
  const run = await coordinator.startRun({ ...smallRun, minRoundMs: 20 })
  const url = `${coordinator.url}/run/${run.id}`
  await join(url, { backend: 'wasm' })
  await join(url, { backend: 'wasm' })
  const leaver = await join(url, { backend: 'wasm' })
  const leaverName = await leaver.name()
  // With three members there are three slices, so that everybody owns one in every round.
  await until('rounds with three voters, ballots going directly', async () => {
    const rounds = await coordinator.rounds(run.id)
    return rounds.filter((r) => r.voters === 3 && r.slicesDirect > 0).length >= 20
  })
  const before = (await coordinator.run(run.id)).round
  await leaver.page.close({ runBeforeUnload: false })
  await until('the others hold all shards', async () => {
    const people = await coordinator.contributors(run.id)
    return people.length === 2 && people.flatMap((one) => one.shards).length === 10
  })
  await until('10 more rounds', async () => (await coordinator.run(run.id)).round >= before + 10)
  const events = await coordinator.events(run.id)
  expect(events.some((event) => event.code === 'left' && event.contributor === leaverName)).toBe(
    true,
  )

  // Far enough for a second checkpoint, so that the late joiner needs it and the ledger since.
  await until('round 130', async () => (await coordinator.run(run.id)).round >= 130, 90_000)
  expect((await coordinator.checkpoints(run.id)).length).toBeGreaterThanOrEqual(2)
  const late = await join(url, { backend: 'wasm' })
  const lateName = await late.name()
  const one = await until('the late joiner is counted and its digest agrees', async () => {
    const people = await coordinator.contributors(run.id)
    const found = people.find((person) => person.name === lateName)
    return found && found.roundsCounted >= 20 && found.lastDigest?.agrees ? found : null
  })
  expect(one.lastDigest?.round).toBeGreaterThanOrEqual(130)
})
