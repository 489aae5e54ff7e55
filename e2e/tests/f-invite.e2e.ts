import type { RunView } from '@quorate/shared/api/api'
import { smallRun } from '../fixtures/settings.ts'
import { expect, test } from '../fixtures/test.ts'
import { until } from '../fixtures/until.ts'

test('the operator makes a run one by invitation: the link lets in, the bare address does not', async ({
  start,
  join,
  page,
}) => {
  const coordinator = await start({ flags: ['--no-demo', '--contributors-per-address', '1'] })
  // The link signs in once: the run is made from the same page.
  await page.goto(coordinator.signInLink)
  await expect(page.getByTestId('new-run')).toBeVisible()
  const asOperator = async (path: string, data?: object) => {
    const answer = await page.request.post(coordinator.url + path, {
      ...(data ? { data } : {}),
      headers: { origin: coordinator.url },
    })
    expect(answer.ok()).toBe(true)
    return (await answer.json()) as RunView
  }
  const run = await asOperator('/api/runs', { ...smallRun, minRoundMs: 100 })
  await asOperator(`/api/runs/${run.id}/start`)
  const address = `${coordinator.url}/run/${run.id}`
  await page.goto(`${coordinator.url}/operator/runs/${run.id}`)
  const link = page.getByTestId('volunteer-link')
  await expect(link).toHaveValue(address)
  await page.getByTestId('invite-only').check()
  await expect(link).toHaveValue(/#invite=[\w-]{19}$/)
  const invited = await link.inputValue()
  expect(JSON.stringify(await coordinator.run(run.id))).not.toContain(invited.split('=')[1])

  const stranger = await join(address, { backend: 'wasm' })
  await expect(stranger.page.getByTestId('status')).toContainText('by invitation')
  await expect(stranger.page.getByText('Ask the operator for the link')).toBeVisible()

  const guest = await join(invited, { backend: 'wasm' })
  const name = await guest.name()
  await until('the guest is counted', async () => {
    const people = await coordinator.contributors(run.id)
    return people.find((person) => person.name === name && person.roundsCounted > 5)
  })
  await guest.page.reload()
  await guest.page.getByTestId('join').click()
  expect(await guest.name(), 'the tab keeps code and place').toBe(name)

  const second = await join(invited, { backend: 'wasm' })
  await expect(second.page.getByTestId('status')).toContainText('Too many from your network')
})
