import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SimulatedDisk } from '../../testing/simulated-disk.ts'
import { diskContract } from './disk.contract.ts'
import { realDisk, writeAll, writeWhole } from './disk.ts'

diskContract('the machine’s own', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'quorate-disk-'))
  return { disk: realDisk, folder, dispose: () => rm(folder, { recursive: true }) }
})

diskContract('the simulated one', async () => {
  const disk = new SimulatedDisk()
  await disk.mkdir('/data')
  return { disk, folder: '/data', dispose: async () => {} }
})

test('the simulated disk forgets at a power cut what was not synced, and nothing at a kill', async () => {
  const disk = new SimulatedDisk()
  const file = await disk.open('/file', 'w')
  await writeAll(file, Buffer.from('kept'), 0)
  await file.datasync()
  await disk.syncDirectory('/')
  await writeAll(file, Buffer.from('perhaps'), 4)
  expect((await disk.after('kill').readFile('/file')).toString()).toBe('keptperhaps')
  const seen = new Set<string>()
  for (let seed = 0; seed < 60; seed++) {
    const text = (await disk.after('power cut', seed).readFile('/file')).toString()
    expect('keptperhaps').toContain(text)
    expect(text.slice(0, 4)).toBe('kept')
    seen.add(text)
  }
  expect(seen.size).toBeGreaterThan(5)
})

test('a file of a new name that was not synced may be gone after a power cut', async () => {
  const disk = new SimulatedDisk()
  const file = await disk.open('/file', 'w')
  await writeAll(file, Buffer.from('1'), 0)
  await file.datasync()
  const there = Array.from({ length: 20 }, (_, seed) => disk.after('power cut', seed).names('/'))
  expect(new Set((await Promise.all(there)).map((names) => names.length))).toEqual(new Set([0, 1]))
})

test('writeWhole, stopped at any operation, leaves the old bytes or the new ones', async () => {
  for (const how of ['kill', 'power cut'] as const) {
    let points = 0
    for (let stopAt = 1; ; stopAt++) {
      const disk = new SimulatedDisk({ seed: stopAt })
      await writeWhole(disk, Buffer.from('old bytes'), { path: '/file' })
      const before = disk.operations
      disk.faultAt = (number) => (number === before + stopAt ? { kind: 'stops' } : null)
      const written = await writeWhole(disk, Buffer.from('new'), { path: '/file' }).then(
        () => true,
        () => false,
      )
      const left = (await disk.after(how, stopAt).readFile('/file')).toString()
      expect(written ? ['new'] : ['old bytes', 'new']).toContain(left)
      if (written) break
      points++
    }
    expect(points).toBe(5)
  }
})
