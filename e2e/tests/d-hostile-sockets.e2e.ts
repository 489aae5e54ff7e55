import { expect, test } from '../fixtures/test.ts'
import { faultsOf } from '../soak/siege-faults.ts'
import { underSiege } from '../soak/siege.ts'

/** `npm run soak -- --only sockets` does it for a minute. */
const SECONDS = 12

test('a hundred hostile sockets neither stop a run nor make the coordinator grow', async ({
  start,
}) => {
  const coordinator = await start({ flags: ['--no-demo'] })
  const figures = await underSiege(coordinator, SECONDS)
  expect(faultsOf(figures), JSON.stringify(figures)).toEqual([])
  expect(figures.sent).toBeGreaterThan(1000)
  expect(figures.closed).toBeGreaterThan(100)
})
