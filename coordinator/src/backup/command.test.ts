import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { closeDatabase, openDatabase } from '../database/database.ts'
import { commandOf, runCommand } from './command.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quorate-command-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('only the first word is a command', () => {
  expect(commandOf(['backup', 'x'])).toBe('backup')
  expect(commandOf(['restore'])).toBe('restore')
  expect(commandOf(['--data', 'backup'])).toBeNull()
  expect(commandOf([])).toBeNull()
})

test('what does not pass is CONFIG_INVALID, with how it is done', async () => {
  for (const args of [[], ['a', 'b'], ['a', '--port', '1'], ['a', '--data']]) {
    const refused = runCommand('backup', ['backup', ...args], {})
    await expect(refused, args.join()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await expect(refused).rejects.toThrow('npm run backup -- <folder>')
  }
  expect(await runCommand('restore', ['restore', '--help'], {})).toContain('npm run restore')
})

test('an empty coordinator is backed up and brought back; a folder without a backup is not', async () => {
  const [data, copy, again] = [join(folder, 'data'), join(folder, 'copy'), join(folder, 'again')]
  const none = runCommand('backup', ['backup', copy, '--data', data], {})
  await expect(none).rejects.toMatchObject({ code: 'BACKUP_SOURCE' })
  const empty = runCommand('restore', ['restore', join(folder, 'nowhere')], { QUORATE_DATA: again })
  await expect(empty).rejects.toMatchObject({ code: 'BACKUP_INVALID' })
  await mkdir(data)
  await closeDatabase(await openDatabase(join(data, 'quorate.db')))
  expect(await runCommand('backup', ['backup', copy], { QUORATE_DATA: data })).toContain('1 files')
  await runCommand('restore', ['restore', copy, '--data', again], {})
  expect(await readdir(again)).toEqual(['quorate.db'])
})
