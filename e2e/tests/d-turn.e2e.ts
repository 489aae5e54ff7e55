import { randomBytes } from 'node:crypto'
import { startCoturn } from '../fixtures/coturn.ts'
import { debianProgram } from '../fixtures/debian.ts'
import { smallRun } from '../fixtures/settings.ts'
import { expect, test } from '../fixtures/test.ts'
import { until } from '../fixtures/until.ts'

test('a relay-only browser votes through a real coturn, with a credential of its own', async ({
  start,
  join,
}) => {
  test.setTimeout(600_000)
  const found = await debianProgram({
    name: 'coturn',
    program: 'turnserver',
    place: 'usr/bin/turnserver',
  })
  if (found.kind === 'missing') return test.skip(true, found.why)
  const secret = randomBytes(16).toString('hex')
  const coturn = await startCoturn(found.program, secret)
  try {
    const flags = ['--no-demo', '--turn', coturn.url, '--turn-secret', secret]
    const coordinator = await start({ flags })
    const run = await coordinator.startRun({ ...smallRun, minVoters: 3, minRoundMs: 100 })
    const url = `${coordinator.url}/run/${run.id}`
    await join(url, { backend: 'wasm' })
    await join(url, { backend: 'wasm' })
    const hidden = await join(url, { backend: 'wasm', hideAddress: true })
    const name = await hidden.name()
    const people = () => coordinator.contributors(run.id)
    const byTurn = await until(
      'the hidden one has sent 50 slices by TURN',
      async () => {
        const one = (await people()).find((person) => person.name === name)
        return one && one.traffic.slicesTurn >= 50 && one
      },
      120_000,
    )
    expect(byTurn.turnPeers).toBe(2)
    expect(byTurn.traffic.slicesDirect, 'no edge of it is direct').toBe(0)
    const others = await until('the others know which edge is which', async () => {
      const found = (await people()).filter((person) => person.name !== name)
      return found.every(({ peers, turnPeers }) => peers === 2 && turnPeers === 1) && found
    })
    expect(others.every(({ traffic }) => traffic.slicesDirect > 0)).toBe(true)
    // The user name is the end of its time and its id.
    expect(coturn.output()).toMatch(/user <\d{10}:[0-9a-f]{16}>/)
  } finally {
    await coturn.close()
  }
})
