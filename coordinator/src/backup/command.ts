/** `backup <folder>` and `restore <folder>` on the command line. */
import { parseArgs } from 'node:util'
import { detailOf } from '@quorate/shared/failure/detail'
import { CodedError } from '../errors.ts'
import { backUp } from './backup.ts'
import { restore } from './restore.ts'

const COMMANDS = ['backup', 'restore'] as const
type Command = (typeof COMMANDS)[number]

const HELP: Record<Command, string> = {
  backup: [
    'Usage: npm run backup -- <folder> [--data <folder>]',
    '',
    'Copies the data folder (./data) to <folder>, which must be empty or not be there; a',
    'coordinator may be running. Every file is in it with its hash.',
    '',
  ].join('\n'),
  restore: [
    'Usage: npm run restore -- <backup> [--data <folder>]',
    '',
    'Makes the data folder (./data), which must be empty or not be there, of a backup, and',
    'compares every file with its hash.',
    '',
  ].join('\n'),
}

/** The command that is asked for; null: the coordinator itself. */
export function commandOf(argv: readonly string[]): Command | null {
  return COMMANDS.find((command) => command === argv[0]) ?? null
}

/**
 * Does it, and returns what to tell the person.
 *
 * @throws CodedError CONFIG_INVALID, or those of `backUp` and `restore`; BACKUP_INCOMPLETE
 */
export async function runCommand(
  command: Command,
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const { folder, dataFolder, help } = read(command, argv.slice(1), env)
  if (help) return HELP[command]
  if (folder === undefined) throw invalid(command, 'the folder of the backup is not given')
  if (command === 'restore') {
    const { files, madeAt, missing } = await restore(folder, dataFolder)
    const damaged = missing.length === 0 ? '' : `It was without ${missing.join(', ')}.\n`
    return `${dataFolder} is as it was at ${madeAt}: ${files.length} files.\n${damaged}`
  }
  const made = await backUp(dataFolder, folder, new Date())
  const size = `${made.files} files, ${(made.sizeBytes / 1e6).toFixed(1)} MB`
  if (made.missing.length > 0) {
    const list = made.missing.map((path) => `  ${path}`).join('\n')
    const what = `${made.folder} holds all but what is damaged or gone in ${dataFolder} itself:`
    throw new CodedError('BACKUP_INCOMPLETE', `${what}\n${list}`)
  }
  return `${made.folder} is a backup of ${dataFolder}: ${size}.\n`
}

function read(
  command: Command,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
) {
  const options = { data: { type: 'string' }, help: { type: 'boolean' } } as const
  try {
    const given = parseArgs({ args: [...args], options, strict: true, allowPositionals: true })
    const [folder, ...more] = given.positionals
    if (more.length > 0) throw new Error(`"${more.join(' ')}" is one folder too many`)
    const dataFolder = given.values.data ?? env['QUORATE_DATA'] ?? './data'
    return { folder, dataFolder, help: given.values.help === true }
  } catch (error) {
    throw invalid(command, detailOf(error))
  }
}

function invalid(command: Command, problem: string): CodedError {
  return new CodedError('CONFIG_INVALID', `${command}: ${problem}\n\n${HELP[command]}`)
}
