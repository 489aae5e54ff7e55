import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { entry, ledgersContract, replayed } from '../ledgers.contract.ts'
import type { Disk } from './disk.ts'
import { realDisk } from './disk.ts'
import type { FileLedgersOptions } from './file-ledgers.ts'
import { openFileLedgers } from './file-ledgers.ts'

const temporaryFolder = () => mkdtemp(join(tmpdir(), 'quorate-ledgers-'))

for (const [name, options] of [
  ['files', {}],
  ['files of one entry each', { segmentBytes: 1 }],
] as const) {
  ledgersContract(name, async () => {
    const folder = await temporaryFolder()
    return {
      ledgers: await openFileLedgers(folder, options),
      reopen: () => openFileLedgers(folder, options),
      dispose: () => rm(folder, { recursive: true }),
    }
  })
}

/** A ledger of three rounds on disk, closed; its only segment. */
async function threeRounds(options: FileLedgersOptions = {}) {
  const folder = await temporaryFolder()
  const ledger = await (await openFileLedgers(folder, options)).open('run')
  const path = join(folder, 'run', '000001.full')
  const ends: number[] = []
  for (const round of [0, 1, 2]) {
    await ledger.append(entry(round, round + 1, 8))
    ends.push((await stat(path)).size)
  }
  await ledger.close()
  return { folder, path, bytes: await readFile(path), ends }
}

async function reopened(folder: string) {
  return (await openFileLedgers(folder)).open('run')
}

describe('a ledger whose writer was killed', () => {
  test('cut at any byte of its last entry, loses that entry alone and goes on', async () => {
    const { folder, path, bytes, ends } = await threeRounds()
    const [, second = 0, third = 0] = ends
    for (let size = second; size < third; size++) {
      await writeFile(path, bytes.subarray(0, size))
      const ledger = await reopened(folder)
      expect(ledger.head).toEqual({ round: 1, attempt: 2 })
      expect((await stat(path)).size).toBe(second)
      await ledger.append(entry(2, 9, 8))
      expect(await replayed(ledger, 0)).toEqual([entry(0, 1, 8), entry(1, 2, 8), entry(2, 9, 8)])
      await ledger.close()
    }
    await rm(folder, { recursive: true })
  })

  test('with any byte of its last entry wrong, loses that entry alone', async () => {
    const { folder, path, bytes, ends } = await threeRounds()
    for (let at = ends[1] ?? 0; at < bytes.length; at++) {
      await writeFile(path, flipped(bytes, at))
      const ledger = await reopened(folder)
      expect(ledger.head).toEqual({ round: 1, attempt: 2 })
      await ledger.close()
    }
    await rm(folder, { recursive: true })
  })

  test('and zeros where the last entry should be, loses that entry alone', async () => {
    const { folder, path, bytes, ends } = await threeRounds()
    await writeFile(path, Buffer.from(bytes).fill(0, ends[1]))
    const ledger = await reopened(folder)
    expect(ledger.head).toEqual({ round: 1, attempt: 2 })
    await ledger.close()
    await rm(folder, { recursive: true })
  })

  test('between writing a segment without records and deleting the full one, reads one', async () => {
    const folder = await temporaryFolder()
    const ledger = await (await openFileLedgers(folder, { segmentBytes: 1 })).open('run')
    for (const round of [0, 1, 2]) await ledger.append(entry(round, round + 1))
    const full = await readFile(join(folder, 'run', '000001.full'))
    await ledger.covered(1)
    await ledger.close()
    await writeFile(join(folder, 'run', '000001.full'), full)
    await writeFile(join(folder, 'run', '000002.frames.tmp'), 'half')
    const again = await reopened(folder)
    expect(await replayed(again, 1)).toHaveLength(2)
    expect(await readdir(join(folder, 'run'))).toEqual([
      '000001.frames',
      '000002.full',
      '000003.full',
      '000004.full',
    ])
    await again.close()
    await rm(folder, { recursive: true })
  })
})

describe('a damaged ledger', () => {
  test('with any byte wrong before the last entry is refused, and left as it is', async () => {
    const { folder, path, bytes, ends } = await threeRounds()
    for (let at = 0; at < (ends[1] ?? 0); at++) {
      await writeFile(path, flipped(bytes, at))
      await expect(reopened(folder), `byte ${at}`).rejects.toMatchObject({ code: 'LEDGER_DAMAGED' })
    }
    expect((await stat(path)).size).toBe(bytes.length)
    await rm(folder, { recursive: true })
  })

  test('with a segment missing, or cut short in a sealed one, is refused', async () => {
    const folder = await temporaryFolder()
    const ledger = await (await openFileLedgers(folder, { segmentBytes: 1 })).open('run')
    for (const round of [0, 1, 2]) await ledger.append(entry(round, round + 1))
    await ledger.close()
    const second = join(folder, 'run', '000002.full')
    await truncate(second, (await stat(second)).size - 1)
    await expect(reopened(folder)).rejects.toMatchObject({ code: 'LEDGER_DAMAGED' })
    await rm(second)
    await expect(reopened(folder)).rejects.toMatchObject({ code: 'LEDGER_DAMAGED' })
    await rm(folder, { recursive: true })
  })

  test('an entry inside the body of a torn one is not taken for an entry', async () => {
    const { folder, path, bytes, ends } = await threeRounds()
    // A whole entry of another segment, as a contributor might have it voted into a verdict.
    const other = await threeRounds()
    const smuggled = { ...entry(2, 3), frame: other.bytes.subarray(other.ends[0], other.ends[1]) }
    await writeFile(path, bytes.subarray(0, ends[1]))
    const ledger = await reopened(folder)
    await ledger.append(smuggled)
    await ledger.close()
    await truncate(path, (await stat(path)).size - 1)
    const again = await reopened(folder)
    expect(again.head).toEqual({ round: 1, attempt: 2 })
    await again.close()
    await rm(folder, { recursive: true })
    await rm(other.folder, { recursive: true })
  })
})

describe('a full disk', () => {
  test('is LEDGER_WRITE_FAILED, leaves the ledger whole, and it goes on when there is space', async () => {
    const folder = await temporaryFolder()
    let space = 400
    const disk = diskOf(() => space)
    const ledger = await (await openFileLedgers(folder, { disk })).open('run')
    await ledger.append(entry(0, 1))
    await ledger.append(entry(1, 2))
    const failed = ledger.append(entry(2, 3))
    await expect(failed).rejects.toMatchObject({ code: 'LEDGER_WRITE_FAILED' })
    expect(ledger.head).toEqual({ round: 1, attempt: 2 })
    expect(await replayed(ledger, 0)).toEqual([entry(0, 1), entry(1, 2)])
    space = 10_000
    await ledger.append(entry(2, 4))
    await ledger.close()
    const again = await reopened(folder)
    expect(await replayed(again, 0)).toEqual([entry(0, 1), entry(1, 2), entry(2, 4)])
    await again.close()
    await rm(folder, { recursive: true })
  })

  test('where the failure cannot be undone, nothing more is written', async () => {
    const folder = await temporaryFolder()
    let space = 400
    const disk = diskOf(() => space, { canTruncate: false })
    const ledger = await (await openFileLedgers(folder, { disk })).open('run')
    await ledger.append(entry(0, 1))
    await ledger.append(entry(1, 2))
    await expect(ledger.append(entry(2, 3))).rejects.toThrow()
    space = 10_000
    const next = ledger.append(entry(2, 4))
    await expect(next).rejects.toMatchObject({ code: 'LEDGER_WRITE_FAILED' })
    await ledger.close()
    const again = await reopened(folder)
    expect(again.head).toEqual({ round: 1, attempt: 2 })
    await again.close()
    await rm(folder, { recursive: true })
  })
})

test('covered records are off the disk, in all segments but the one being written', async () => {
  const folder = await temporaryFolder()
  const ledger = await (await openFileLedgers(folder, { segmentBytes: 300 })).open('run')
  for (let round = 0; round < 20; round++) await ledger.append(entry(round, round + 1))
  const before = await folderBytes(join(folder, 'run'))
  const frames = await ledger.frames(0)
  const [, during] = await Promise.all([ledger.covered(18), ledger.frames(0)])
  expect(during).toEqual(frames)
  expect(await folderBytes(join(folder, 'run'))).toBeLessThan(0.6 * before)
  await expect(replayed(ledger, 0)).rejects.toMatchObject({ code: 'LEDGER_COVERED' })
  expect(await replayed(ledger, 18)).toEqual([entry(18, 19), entry(19, 20)])
  await ledger.close()
  await rm(folder, { recursive: true })
})

test('a run id that would leave the folder is refused', async () => {
  const ledgers = await openFileLedgers(await temporaryFolder())
  await expect(ledgers.open('../other')).rejects.toThrow(/not a run id/)
  await expect(ledgers.delete('..')).rejects.toThrow(/not a run id/)
})

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes)
  copy[at] = (copy[at] ?? 0) ^ 0x40
  return copy
}

/** Files on a disk of so many bytes: what does not fit is written in part, then fails. */
function diskOf(spaceBytes: () => number, can = { canTruncate: true }): Disk {
  return {
    ...realDisk,
    async open(path, flags) {
      const file = await realDisk.open(path, flags)
      return {
        read: (into, offset, length, position) => file.read(into, offset, length, position),
        async write(bytes, offset, length, position) {
          const fits = Math.min(length, spaceBytes() - position)
          if (fits <= 0) throw Object.assign(new Error('no space left'), { code: 'ENOSPC' })
          return file.write(bytes, offset, fits, position)
        },
        datasync: () => file.datasync(),
        truncate: (sizeBytes) =>
          can.canTruncate ? file.truncate(sizeBytes) : Promise.reject(new Error('cannot')),
        close: () => file.close(),
      }
    },
  }
}

async function folderBytes(path: string): Promise<number> {
  const sizes = (await readdir(path)).map(async (name) => (await stat(join(path, name))).size)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
