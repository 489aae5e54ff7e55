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

/** Connections are there, and never find a way: no candidate is of an allowed kind. */
const NO_WAY = `
  const Real = window.RTCPeerConnection
  window.connections = []
  window.RTCPeerConnection = class extends Real {
    constructor(configuration) {
      super({ ...configuration, iceServers: [], iceTransportPolicy: 'relay' })
      window.connections.push(this)
    }
  }
`

test('a group in which WebRTC never works votes over the WebSocket from the first round', async ({
  start,
  join,
}) => {
  const coordinator = await start({ flags: ['--no-demo'] })
  const run = await coordinator.startRun({ ...smallRun, minVoters: 3, minRoundMs: 100 })
  const url = `${coordinator.url}/run/${run.id}`
  const volunteers = [
    await join(url, { backend: 'wasm', before: NO_WAY }),
    await join(url, { backend: 'wasm', before: NO_WAY }),
    await join(url, { backend: 'wasm', before: NO_WAY }),
  ]
  const rounds = await until('100 rounds', async () => {
    const decided = await coordinator.rounds(run.id)
    return decided.length >= 100 && decided
  })
  expect(rounds.filter(({ voters }) => voters !== 3)).toEqual([])
  expect(rounds.filter(({ attempts }) => attempts !== 1)).toEqual([])
  // Pages report every 5 s; a member sends two of three slices, or three where it owns none.
  const people = await until('all have said what they relayed', async () => {
    const found = await coordinator.contributors(run.id)
    return found.every(({ traffic }) => traffic.slicesRelayed >= 190) && found
  })
  expect(people.map(({ peers }) => peers)).toEqual([0, 0, 0])
  expect(people.filter(({ traffic }) => traffic.slicesDirect + traffic.slicesTurn > 0)).toEqual([])

  // Each edge has been tried once more and no further, and nothing of it is left open.
  const states = () =>
    Promise.all(
      volunteers.map(({ page }) =>
        page.evaluate<string[]>('connections.map(({ connectionState }) => connectionState)'),
      ),
    )
  await until('every connection is closed', async () =>
    (await states()).flat().every((state) => state === 'closed'),
  )
  const tried = (await states()).map(({ length }) => length)
  expect(Math.min(...tried)).toBeGreaterThan(0)
  expect(Math.max(...tried), 'two others, twice each, and once more after a rest').toBeLessThan(13)
})

test('a group without RTCPeerConnection at all trains on', async ({ start, join }) => {
  const coordinator = await start({ flags: ['--no-demo'] })
  const run = await coordinator.startRun({ ...smallRun, minVoters: 2, minRoundMs: 100 })
  const url = `${coordinator.url}/run/${run.id}`
  const before = 'delete window.RTCPeerConnection; delete window.webkitRTCPeerConnection'
  await join(url, { backend: 'wasm', before })
  await join(url, { backend: 'wasm', before })
  const rounds = await until('30 rounds', async () => {
    const decided = await coordinator.rounds(run.id)
    return decided.length >= 30 && decided
  })
  expect(rounds.filter(({ voters }) => voters !== 2)).toEqual([])
  // Pages report every 5 s.
  await until('both have said that they sent it alone', async () => {
    const people = await coordinator.contributors(run.id)
    return people.every(({ traffic }) => traffic.slicesAlone >= 30)
  })
})
