import { debianProgram } from '../fixtures/debian.ts'
import { startFirefox } from '../fixtures/firefox.ts'
import { smallRun } from '../fixtures/settings.ts'
import { expect, test } from '../fixtures/test.ts'
import { until } from '../fixtures/until.ts'

test('Firefox ESR and Chromium vote in one group, over WebRTC, to one replica', async ({
  start,
  join,
}) => {
  test.setTimeout(600_000)
  const found = await debianProgram({
    name: 'firefox-esr',
    program: 'firefox-esr',
    place: 'usr/lib/firefox-esr/firefox-esr',
  })
  if (found.kind === 'missing') return test.skip(true, found.why)
  const firefox = await startFirefox(found.program)
  try {
    expect(firefox.version).toMatch(/^firefox\/\d+/)
    const coordinator = await start({ flags: ['--no-demo'] })
    const run = await coordinator.startRun({ ...smallRun, minVoters: 3, minRoundMs: 100 })
    const url = `${coordinator.url}/run/${run.id}`
    await join(url, { backend: 'wasm' })
    await join(url, { backend: 'wasm' })
    const evaluate = await firefox.open(`${url}?backend=wasm`)
    const press = `(() => {
      const button = document.querySelector('[data-testid=join]')
      button?.click()
      return button ? 'pressed' : null
    })()`
    await until('the button in Firefox', () => evaluate(press))
    const said = `document.querySelector('.status .run')?.textContent.match(/You are (.+)\\./)?.[1] ?? null`
    const name = await until('its name', () => evaluate(said))
    const one = await until(
      'it has sent 50 slices from browser to browser',
      async () => {
        const people = await coordinator.contributors(run.id)
        const found = people.find((person) => person.name === name)
        return found && found.traffic.slicesDirect >= 50 && found
      },
      120_000,
    )
    expect(one.peers).toBe(2)
    const from = (await coordinator.run(run.id)).round
    const rounds = await until('20 rounds more', async () => {
      const decided = (await coordinator.rounds(run.id)).filter(({ round }) => round >= from)
      return decided.length >= 20 && decided
    })
    expect(rounds.filter(({ voters }) => voters !== 3)).toEqual([])
    await until('its replica is the coordinator’s', async () => {
      const people = await coordinator.contributors(run.id)
      const digest = people.find((person) => person.name === name)?.lastDigest
      return digest && digest.round >= from && digest.agrees
    })
    expect((await coordinator.events(run.id)).map(({ code }) => code)).not.toContain(
      'digest-differs',
    )
  } finally {
    await firefox.close()
  }
})
