import { expect, test } from '../fixtures/test.ts'
import { smallRun } from '../fixtures/settings.ts'
import { until } from '../fixtures/until.ts'

test('a method that sends floats: two browsers learn, a killed coordinator goes on, replicas agree', async ({
  start,
  keep,
  join,
}) => {
  const first = await start({ flags: ['--no-demo'] })
  const { id } = await first.startRun({
    ...smallRun,
    ...{ method: { id: 'mem-sgd' }, minVoters: 2, learningRate: 0.3 },
  })
  const url = `${first.url}/run/${id}`
  await join(url, { backend: 'wasm' })
  await join(url, { backend: 'cpu' })
  await until('70 % of the test digits', async () => {
    return ((await first.run(id)).accuracy ?? 0) >= 0.7
  })
  await first.kill()

  const second = keep(await first.startAgain())
  const { round } = await second.run(id)
  await until('20 rounds more, and digests that agree', async () => {
    const people = await second.contributors(id)
    const agree = people.filter(({ lastDigest }) => lastDigest?.agrees && lastDigest.round > round)
    return (await second.run(id)).round >= round + 20 && agree.length === 2
  })
  expect((await second.rounds(id)).at(-1)).toMatchObject({ voters: 2, tallyBytes: 0 })
})
