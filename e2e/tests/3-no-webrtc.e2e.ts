import { expect, test } from '../fixtures/test.ts'
import { smallRun } from '../fixtures/settings.ts'
import { until } from '../fixtures/until.ts'

test('a browser without RTCPeerConnection contributes and is counted', async ({ start, join }) => {
  const coordinator = await start({ flags: ['--no-demo'] })
  const run = await coordinator.startRun({ ...smallRun, minVoters: 3 })
  const url = `${coordinator.url}/run/${run.id}`
  await join(url, { backend: 'wasm' })
  await join(url, { backend: 'wasm' })
  const without = await join(url, {
    backend: 'wasm',
    before: 'delete window.RTCPeerConnection; delete window.webkitRTCPeerConnection',
  })
  const name = await without.name()
  const counted = await until('20 rounds with three voters', async () => {
    const rounds = await coordinator.rounds(run.id)
    return rounds.filter(({ voters }) => voters === 3).length >= 20 && rounds
  })
  expect(counted.at(-1)?.voters).toBe(3)
  const one = (await coordinator.contributors(run.id)).find((person) => person.name === name)
  expect(one?.peers).toBe(0)
  expect(one?.roundsCounted).toBeGreaterThanOrEqual(20)
  expect(one?.traffic.slicesDirect).toBe(0)
})
