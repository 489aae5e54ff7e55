import { VirtualClock } from '@quorate/shared/clock/virtual-clock'
import { expect, test } from 'vitest'
import { DiskKeeper, RESERVE_BYTES } from './disk-keeper.ts'
import type { Room } from './ports.ts'

const ROOMY = 10 * RESERVE_BYTES

/** A keeper, what it did and when, in seconds. */
async function kept(room: Partial<Room>, freed: readonly Partial<Room>[] = []) {
  const clock = new VirtualClock()
  let seen: Room = { usedBytes: 0, limitBytes: null, freeBytes: ROOMY, ...room }
  const did: string[] = []
  const note = (what: string) => did.push(`${clock.nowMs() / 1000} ${what}`)
  const keeper = new DiskKeeper({
    clock,
    room: {
      look: async () => {
        note('look')
        return seen
      },
    },
    log: { info: () => {}, warn: () => {}, error: () => {} },
    sweep: async () => void note('sweep'),
    freeing: freed.map((change, at) => async () => {
      note(`free ${at}`)
      seen = { ...seen, ...change }
    }),
    hold: note,
    release: () => note('release'),
  })
  await keeper.start()
  const change = (next: Partial<Room>) => void (seen = { ...seen, ...next })
  return { keeper, clock, did, change }
}

test('where there is room it only looks, and deletes what nothing needs now and then', async () => {
  const { keeper, clock, did } = await kept({})
  await clock.advance(95_000)
  expect(did).toEqual(['0 look', '30 look', '60 look', '90 look'])
  await clock.advance(510_000)
  expect(did.filter((what) => what.endsWith('sweep'))).toEqual(['600 sweep'])
  await keeper.close()
  expect(clock.pending).toBe(0)
})

test('near the limit things go in order, no more of them than it takes', async () => {
  const { keeper, did } = await kept({ limitBytes: 1000, usedBytes: 950 }, [
    { usedBytes: 920 },
    { usedBytes: 880 },
    { usedBytes: 1 },
  ])
  expect(did.filter((what) => !what.endsWith('look'))).toEqual(['0 sweep', '0 free 0', '0 free 1'])
  await keeper.close()
})

test('a limit that nothing can bring back holds the runs, and lets them go on below it', async () => {
  const { keeper, clock, did, change } = await kept({ limitBytes: 1000, usedBytes: 1001 }, [{}])
  expect(did).toContain('0 DISK_LIMIT')
  change({ usedBytes: 990 })
  await clock.advance(10_000)
  expect(
    did.filter((what) => what.endsWith('release')),
    'not yet: it is as good as full',
  ).toEqual([])
  change({ usedBytes: 900 })
  await clock.advance(20_000)
  expect(did.filter((what) => what.endsWith('release'))).toHaveLength(1)
  await keeper.close()
})

test('a full disk is looked at less and less often, at least every five minutes', async () => {
  const { keeper, clock, did, change } = await kept({ freeBytes: RESERVE_BYTES - 1 })
  await clock.advance(1_300_000)
  const holds = did.filter((what) => what.endsWith('DISK_FULL')).map((what) => parseInt(what))
  expect(holds).toEqual([0, 5, 15, 35, 75, 155, 315, 615, 915, 1215])
  change({ freeBytes: RESERVE_BYTES + 1 })
  await clock.advance(300_000)
  expect(did.filter((what) => what.endsWith('release'))).toEqual([])
  change({ freeBytes: ROOMY })
  await clock.advance(300_000)
  expect(did.filter((what) => what.endsWith('release'))).toHaveLength(1)
  await keeper.close()
})

test('a write that finds no room where the disk shows some holds all, each time for longer', async () => {
  const { keeper, clock, did } = await kept({})
  const releasedAfter = async () => {
    const fromMs = clock.nowMs()
    keeper.lacking()
    const before = did.length
    await clock.until(() => did.slice(before).some((what) => what.endsWith('release')), 400_000)
    return clock.nowMs() - fromMs
  }
  expect([await releasedAfter(), await releasedAfter(), await releasedAfter()]).toEqual([
    5000, 10_000, 20_000,
  ])
  await clock.advance(700_000)
  expect(await releasedAfter()).toBe(5000)
  await keeper.close()
})
