/** A process that is killed, or a machine whose power fails, at every operation of storage. */
import { describe, expect, test } from 'vitest'
import type { Ledger, LedgerEntry } from '../../training/ports.ts'
import { SimulatedDisk } from '../../testing/simulated-disk.ts'
import { entry, replayed } from '../ledgers.contract.ts'
import { openFileBlobs } from './file-blobs.ts'
import { openFileLedgers } from './file-ledgers.ts'

const ENDS = ['kill', 'power cut'] as const
/** Different remains of the same power cut. */
const SEEDS = 4
/** Several segments, each of a few entries. */
const SEGMENT_BYTES = 500
const ROUNDS = 14

const openOn = async (disk: SimulatedDisk, from = 0) => {
  const ledgers = await openFileLedgers('/data/ledgers', { disk, segmentBytes: SEGMENT_BYTES })
  return ledgers.open('run', { from, decided: from })
}

/** What the caller of the ledger was told before the end. */
interface Told {
  decided: number
  /** A checkpoint makes rounds below it needless. */
  covered: number
}

/** A run's life as the ledger sees it; rejects where the disk stops. */
async function live(disk: SimulatedDisk, told: Told): Promise<void> {
  await disk.mkdir('/data')
  const ledger = await openOn(disk)
  for (let round = 0; round < ROUNDS; round++) {
    await ledger.append(entry(round, round + 1))
    told.decided = round + 1
    if (round % 5 !== 4) continue
    told.covered = round - 3
    await ledger.covered(told.covered)
    await ledger.forget(told.covered - 3)
  }
  await ledger.close()
}

/** All rounds that are there follow each other and are as they were written. */
async function check(ledger: Ledger, told: Told): Promise<void> {
  const decided = (ledger.head?.round ?? -1) + 1
  expect([told.decided, told.decided + 1]).toContain(decided)
  const expected: LedgerEntry[] = []
  for (let round = told.covered; round < decided; round++) expected.push(entry(round, round + 1))
  expect(await replayed(ledger, told.covered)).toEqual(expected)
  const { firstRound } = ledger
  expect(firstRound).toBeLessThanOrEqual(Math.max(0, told.covered - 3))
  const frames: Uint8Array[] = []
  for (let round = firstRound; round < decided; round++) frames.push(entry(round, 1).frame)
  expect(await ledger.frames(firstRound)).toEqual(new Uint8Array(Buffer.concat(frames)))
  await ledger.append(entry(decided, decided + 100))
  expect(ledger.head?.round).toBe(decided)
}

async function stoppedAt(stopAt: number): Promise<{ disk: SimulatedDisk; told: Told }> {
  const faultAt = (number: number) => (number === stopAt ? ({ kind: 'stops' } as const) : null)
  const disk = new SimulatedDisk({ seed: stopAt, faultAt })
  const told = { decided: 0, covered: 0 }
  await live(disk, told).catch((error: unknown) => {
    if (!disk.stopped) throw error
  })
  return { disk, told }
}

describe('a ledger, stopped at any operation', () => {
  test('has every round that was told, or one more, and goes on', async () => {
    let points = 0
    for (let stopAt = 1; ; stopAt++) {
      const { disk, told } = await stoppedAt(stopAt)
      if (!disk.stopped) break
      for (const how of ENDS) {
        for (let seed = 0; seed < (how === 'kill' ? 1 : SEEDS); seed++) {
          const next = disk.after(how, seed)
          await next.mkdir('/data').catch(() => {})
          const ledger = await openOn(next, told.covered)
          expect(ledger.damage, `operation ${stopAt}, ${how} ${seed}`).toBeNull()
          await check(ledger, told)
          await ledger.close()
          points++
        }
      }
    }
    expect(points).toBeGreaterThan(250)
  })

  test('and once more while it is opened again, has them still', async () => {
    let points = 0
    for (let stopAt = 1; ; stopAt += 3) {
      const { disk, told } = await stoppedAt(stopAt)
      if (!disk.stopped) break
      for (let again = 1; again < 12; again++) {
        const second = disk.after('kill', stopAt)
        await second.mkdir('/data').catch(() => {})
        const from = second.operations
        second.faultAt = (number) => (number === from + again ? { kind: 'stops' } : null)
        const opened = await openOn(second, told.covered).then(
          () => true,
          () => false,
        )
        const third = second.after('power cut', again)
        await third.mkdir('/data').catch(() => {})
        const ledger = await openOn(third, told.covered)
        await check(ledger, told)
        await ledger.close()
        points++
        if (opened) break
      }
    }
    expect(points).toBeGreaterThan(50)
  })

  test.each(['ENOSPC', 'EIO'] as const)(
    '%s at any operation is told with a code, and the next try goes on',
    async (code) => {
      let points = 0
      for (let failAt = 1; ; failAt++) {
        const disk = new SimulatedDisk({ seed: failAt })
        await disk.mkdir('/data')
        const ledger = await openOn(disk)
        const from = disk.operations
        disk.faultAt = (number) => (number === from + failAt ? { kind: 'fails', code } : null)
        let failures = 0
        const tried = async (work: () => Promise<void>) => {
          const error: unknown = await work().then(
            () => null,
            (reason: unknown) => reason,
          )
          if (error === null) return
          expect(error).toMatchObject({ code: 'LEDGER_WRITE_FAILED' })
          failures++
          await work()
        }
        for (let round = 0; round < ROUNDS; round++) {
          await tried(() => ledger.append(entry(round, round + 1)))
          if (round % 5 !== 4) continue
          await tried(() => ledger.covered(round - 3))
          await tried(() => ledger.forget(round - 6))
        }
        expect(failures).toBeLessThan(2)
        await ledger.close()
        for (const how of ENDS) {
          const again = await openOn(disk.after(how, failAt), 11)
          expect(again.head?.round).toBe(ROUNDS - 1)
          await again.close()
        }
        points++
        if (disk.operations < from + failAt) break
      }
      expect(points).toBeGreaterThan(45)
    },
  )
})

describe('a damaged ledger, set aside', () => {
  /** Fourteen rounds, and a bit wrong in the segment of `round`. */
  const damagedAt = async (round: number) => {
    const disk = new SimulatedDisk()
    await disk.mkdir('/data')
    const ledger = await openOn(disk)
    for (let each = 0; each < ROUNDS; each++) await ledger.append(entry(each, each + 1))
    await ledger.close()
    const names = await disk.names('/data/ledgers/run')
    const path = `/data/ledgers/run/${names[Math.floor(round / 4)] ?? ''}`
    const bytes = await disk.readFile(path)
    const file = await disk.open(path, 'r+')
    const at = 16 + 60
    await file.write(Buffer.from([(bytes[at] ?? 0) ^ 1]), 0, 1, at)
    await file.datasync()
    return disk
  }

  test('goes on behind the checkpoint, and is as good when that is interrupted anywhere', async () => {
    let points = 0
    for (const checkpoint of [9, 12, ROUNDS]) {
      for (let stopAt = 1; ; stopAt++) {
        const disk = await damagedAt(6)
        const from = disk.operations
        disk.faultAt = (number) => (number === from + stopAt ? { kind: 'stops' } : null)
        const opened = await openOn(disk, checkpoint).then(
          (ledger) => ledger,
          () => null,
        )
        if (opened) expect(opened.damage).toContain('is wrong')
        for (const how of ENDS) {
          const ledger = await openOn(disk.after(how, stopAt), checkpoint)
          const rounds = (await replayed(ledger, checkpoint)).map(({ round }) => round)
          const expected = Array.from({ length: ROUNDS - checkpoint }, (_, n) => n + checkpoint)
          expect(rounds).toEqual(expected)
          await expect(ledger.frames(4)).rejects.toMatchObject({ code: 'LEDGER_GONE' })
          await ledger.append(entry(ROUNDS, 200))
          expect(await ledger.frames(ROUNDS)).toEqual(entry(ROUNDS, 200).frame)
          await ledger.close()
          points++
        }
        if (opened) break
      }
    }
    expect(points).toBeGreaterThan(20)
  })

  test('is refused and left as it is where no checkpoint makes up for it', async () => {
    const disk = await damagedAt(6)
    const before = disk.operations
    for (const checkpoint of [0, 3]) {
      await expect(openOn(disk, checkpoint)).rejects.toMatchObject({ code: 'LEDGER_DAMAGED' })
    }
    expect(disk.operations).toBe(before)
  })

  test('what was set aside stays until it is told to go', async () => {
    const disk = await damagedAt(6)
    const ledger = await openOn(disk, 12)
    const aside = async () =>
      (await disk.names('/data/ledgers/run')).filter((name) => name.endsWith('.aside'))
    expect(await aside()).not.toEqual([])
    await ledger.forgetDamage()
    expect(await aside()).toEqual([])
    await ledger.close()
  })

  test('is refused where it ends before rounds that were decided', async () => {
    const disk = new SimulatedDisk()
    await disk.mkdir('/data')
    const ledger = await openOn(disk)
    for (let each = 0; each < 3; each++) await ledger.append(entry(each, each + 1))
    await ledger.close()
    const ledgers = await openFileLedgers('/data/ledgers', { disk })
    const short = ledgers.open('run', { from: 2, decided: 4 })
    await expect(short).rejects.toMatchObject({ code: 'LEDGER_DAMAGED' })
    await expect(short).rejects.toThrow('ends at round 3, and 4 were decided')
    const made = await ledgers.open('run', { from: 4, decided: 4 })
    expect(made.damage).toContain('ends at round 3')
    expect(made.firstRound).toBe(4)
    await made.close()
    const again = await ledgers.open('run', { from: 4, decided: 4 })
    expect(again.damage).toBeNull()
    await again.close()
  })
})

test('a blob, stopped at any operation, is there whole or not at all, and can be put again', async () => {
  const blob = (size: number) => Uint8Array.from({ length: size }, (_, at) => at & 255)
  let points = 0
  for (let stopAt = 1; ; stopAt++) {
    const faultAt = (number: number) => (number === stopAt ? ({ kind: 'stops' } as const) : null)
    const disk = new SimulatedDisk({ seed: stopAt, faultAt })
    const put: string[] = []
    const life = async () => {
      await disk.mkdir('/data')
      const blobs = await openFileBlobs('/data/blobs', { disk, nowMs: () => 0 })
      for (const size of [10, 20, 10, 30]) put.push(await blobs.put(blob(size)))
      await blobs.keepOnly(new Set(put.slice(0, 1)))
    }
    await life().catch((error: unknown) => {
      if (!disk.stopped) throw error
    })
    if (!disk.stopped) break
    for (const how of ENDS) {
      for (let seed = 0; seed < SEEDS; seed++) {
        const next = disk.after(how, seed)
        await next.mkdir('/data').catch(() => {})
        const blobs = await openFileBlobs('/data/blobs', { disk: next, nowMs: () => 0 })
        // Deletion begins when all four are there.
        for (const digest of put.length < 4 ? put : put.slice(0, 1)) await blobs.get(digest)
        const digests = await Promise.all([10, 20, 30].map((size) => blobs.put(blob(size))))
        for (const [at, size] of [10, 20, 30].entries()) {
          expect(await blobs.get(digests[at] ?? '')).toEqual(blob(size))
        }
        points++
      }
    }
  }
  expect(points).toBeGreaterThan(150)
})
