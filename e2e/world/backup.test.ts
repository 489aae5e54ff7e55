/** Backups of a real data directory in which a coordinator works, and what they restore to. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { backUp } from '@quorate/coordinator/backup/backup'
import { restore } from '@quorate/coordinator/backup/restore'
import { closeDatabase, openDatabase } from '@quorate/coordinator/database/database'
import { openFileBlobs } from '@quorate/coordinator/store/files/file-blobs'
import { openFileLedgers } from '@quorate/coordinator/store/files/file-ledgers'
import { SqliteStore } from '@quorate/coordinator/store/sqlite/sqlite-store'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { replayed, replicas, smallRun } from './checks.ts'
import { immediateDisk } from './immediate-disk.ts'
import { World } from './world.ts'

let parent = ''
const closers: (() => Promise<void>)[] = []
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'quorate-backup-'))
})
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  await rm(parent, { recursive: true })
})

const MADE_AT = new Date(0)

/** A world on a data directory of the machine's own. */
async function worldIn(folder: string, seed: number, segmentBytes = 4000): Promise<World> {
  await immediateDisk.mkdir(folder).catch(() => {})
  const database = await openDatabase(join(folder, 'quorate.db'))
  const world = new World(seed)
  const disk = immediateDisk
  world.store = new SqliteStore(database)
  world.blobs = await openFileBlobs(join(folder, 'blobs'), { disk, nowMs: Date.now })
  world.ledgers = await openFileLedgers(join(folder, 'ledgers'), { disk, segmentBytes })
  closers.push(async () => {
    await world.kill()
    await closeDatabase(database)
  })
  return world
}

async function training(folder: string, seed: number, round: number) {
  const world = await worldIn(folder, seed)
  const run = await world.run({ ...smallRun, minRoundMs: 5 })
  for (let n = 0; n < 2; n++) world.join(run)
  await world.reach(run, round)
  return { world, run }
}

describe('a backup', () => {
  test.each([101, 102, 103])(
    'taken in the middle of rounds restores to a coordinator that goes on (seed %i)',
    async (seed) => {
      const [data, copy, again] = ['data', 'copy', 'again'].map((name) => join(parent, name))
      const { world, run } = await training(data ?? '', seed, 80 + seed - 100)
      let isDone = false
      const backup = backUp(data ?? '', copy ?? '', MADE_AT).finally(() => (isDone = true))
      const before = world.training?.run(run).round ?? 0
      while (!isDone) {
        await world.clock.advance(20)
        await new Promise((resolve) => setImmediate(resolve))
      }
      expect((await backup).missing).toEqual([])
      const after = world.training?.run(run).round ?? 0
      expect(after, 'rounds went on meanwhile').toBeGreaterThan(before + 5)
      const frames = Buffer.from((await world.training?.ledger(run, 0)) ?? [])

      await restore(copy ?? '', again ?? '')
      const second = await worldIn(again ?? '', seed + 1000)
      const restored = await second.boot()
      const { round } = restored.run(run)
      expect(round).toBeGreaterThanOrEqual(before)
      expect(round).toBeLessThanOrEqual(after)
      // Its rounds are the very same, and lead to the very same bits.
      const kept = Buffer.from(await restored.ledger(run, 0))
      expect(frames.subarray(0, kept.length).equals(kept)).toBe(true)
      const { digest } = restored.replica(run)
      expect(await replayed(second, run)).toBe(`${round} ${digest}`)
      for (let n = 0; n < 2; n++) second.join(run)
      await second.reach(run, round + 20)
      const [mine, ...others] = await replicas(second, run)
      expect(others).toEqual([])
      expect(await replayed(second, run)).toBe(mine)
      const [stored] = await second.store.listRuns()
      expect(stored?.attemptsReserved).toBeGreaterThan(1_000_000)
    },
  )

  test('of a directory in which something is damaged says so, and holds the rest', async () => {
    const data = join(parent, 'data')
    const { world, run } = await training(data, 111, 30)
    const [shard] = await world.store.shards(run)
    const digest = shard?.chunks[0]?.digest ?? ''
    const path = `blobs/${digest.slice(0, 2)}/${digest}`
    await writeFile(join(data, path), 'other bytes')
    const made = await backUp(data, join(parent, 'copy'), MADE_AT)
    expect(made.missing).toEqual([path])
  })

  test('is not written over anything, nor made of what is no data directory', async () => {
    const data = join(parent, 'data')
    await training(data, 112, 5)
    await immediateDisk.mkdir(join(parent, 'copy'))
    await writeFile(join(parent, 'copy', 'mine'), '1')
    const target = backUp(data, join(parent, 'copy'), MADE_AT)
    await expect(target).rejects.toMatchObject({ code: 'BACKUP_TARGET' })
    const source = backUp(join(parent, 'none'), join(parent, 'other'), MADE_AT)
    await expect(source).rejects.toMatchObject({ code: 'BACKUP_SOURCE' })
    expect((await readdir(parent)).sort()).toEqual(['copy', 'data'])
  })
})

describe('what is restored', () => {
  const backedUp = async (seed: number) => {
    const [data, copy] = [join(parent, 'data'), join(parent, 'copy')]
    await training(data, seed, 20)
    await backUp(data, copy, MADE_AT)
    return copy
  }
  const filesOf = async (folder: string) => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    return entries.filter((each) => each.isFile()).map((each) => join(each.parentPath, each.name))
  }

  test('is not written over anything', async () => {
    const copy = await backedUp(121)
    const target = restore(copy, join(parent, 'data'))
    await expect(target).rejects.toMatchObject({ code: 'BACKUP_TARGET' })
    await expect(target).rejects.toThrow('nothing is written over')
  })

  test('is compared with its hashes: any file that changed or went is refused', async () => {
    const copy = await backedUp(122)
    const files = await filesOf(copy)
    expect(files.length).toBeGreaterThan(8)
    for (const path of files) {
      const bytes = await readFile(path)
      const changed = Buffer.from(bytes)
      const at = path.endsWith('backup.json') ? changed.indexOf('0.1.0') : changed.length >> 1
      changed[at] = (changed[at] ?? 0) ^ 1
      for (const spoil of [() => writeFile(path, changed), () => rm(path)]) {
        await spoil()
        const restored = restore(copy, join(parent, 'again'))
        await expect(restored, path).rejects.toMatchObject({ code: 'BACKUP_INVALID' })
        expect(await readdir(parent)).not.toContain('again')
        await writeFile(path, bytes)
      }
    }
    await restore(copy, join(parent, 'again'))
  })

  test('leaves no way out of its folder', async () => {
    const copy = await backedUp(123)
    const path = join(copy, 'backup.json')
    const text = await readFile(path, 'utf8')
    for (const bad of ['../out', '/etc/out', 'blobs/../../out', 'ledgers//x']) {
      await writeFile(path, text.replace('"quorate.db"', JSON.stringify(bad)))
      const restored = restore(copy, join(parent, 'again'))
      await expect(restored).rejects.toMatchObject({ code: 'BACKUP_INVALID' })
    }
  })
})
