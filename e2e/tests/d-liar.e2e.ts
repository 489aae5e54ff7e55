import { expect, test } from '../fixtures/test.ts'
import { smallRun } from '../fixtures/settings.ts'
import { until } from '../fixtures/until.ts'

/**
 * Runs in the liar's page, before its scripts: of each tally of three voters all counts are turned,
 * c into 3 − c, and the frame is sealed again. Every vote weighs the same in this run, so that a
 * payload is u16 voters, a flag, three numbers, two planes, and 112 bytes of proof for each voter.
 */
function turnTallies(): void {
  const [HEADER, VOTERS, PROOFS] = [36, 3 + 3 * 4, 3 * 112]
  const crc = (bytes: Uint8Array, before: number) => {
    let rest = ~before
    for (const byte of bytes) {
      rest ^= byte
      for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0)
    }
    return ~rest >>> 0
  }
  const { send } = WebSocket.prototype
  WebSocket.prototype.send = function (this: WebSocket, data) {
    if (!(data instanceof Uint8Array) || data[3] !== 2 || data[HEADER] !== 3) {
      return send.call(this, data)
    }
    const lie = Uint8Array.from(data)
    for (let i = HEADER + VOTERS; i < lie.length - PROOFS; i++) lie[i] = ~(lie[i] as number)
    const sum = crc(lie.subarray(HEADER), crc(lie.subarray(0, 32), 0))
    new DataView(lie.buffer).setUint32(32, sum, true)
    send.call(this, lie)
  }
}

test('a browser whose tallies are wrong is caught, recounted and excluded; the others train on', async ({
  start,
  join,
}) => {
  const coordinator = await start({ flags: ['--no-demo'] })
  const settings = { ...smallRun, method: { id: 'signsgd-mv' as const }, minRoundMs: 50 }
  const run = await coordinator.startRun(settings)
  const url = `${coordinator.url}/run/${run.id}`
  const honest = [await join(url, { backend: 'wasm' }), await join(url, { backend: 'wasm' })]
  const names = await Promise.all(honest.map((one) => one.name()))
  const liar = await join(url, { backend: 'wasm', before: `(${turnTallies.toString()})()` })
  const liarName = await liar.name()

  await until('the liar is excluded', async () => {
    const events = await coordinator.events(run.id)
    return events.some(({ code, contributor }) => code === 'excluded' && contributor === liarName)
  })
  await expect(liar.page.getByText('TALLY_WRONG').first()).toBeVisible()
  const strikes = (await coordinator.events(run.id)).filter(({ code }) => code === 'strike')
  expect(strikes.length).toBeGreaterThanOrEqual(5)
  for (const { contributor, text } of strikes) {
    expect(contributor).toBe(liarName)
    expect(text).toContain('TALLY_WRONG')
  }

  const { round } = await coordinator.run(run.id)
  const people = await until('the others go on and agree', async () => {
    const all = await coordinator.contributors(run.id)
    const here = all.filter(({ name }) => names.includes(name))
    const agree = here.every(
      ({ lastDigest }) => (lastDigest?.round ?? 0) > round && lastDigest?.agrees,
    )
    return here.length === 2 && agree ? here : null
  })
  expect(people.map(({ strikes: earned }) => earned)).toEqual([0, 0])
})
