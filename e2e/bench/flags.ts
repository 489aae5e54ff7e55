import { parseArgs } from 'node:util'
import { BenchError } from './errors.ts'

/** What a command asks for. */
export interface Command {
  /** Ids of the sections to run; null = all. */
  readonly only: readonly string[] | null
  readonly jsonPath: string | null
  readonly repeats: number
}

const MOST_REPEATS = 1000
const USUAL_REPEATS = 7

/**
 * Reads the flags; null when the answer is `helpText()`.
 *
 * @throws BenchError FLAG_INVALID
 */
export function readCommand(argv: readonly string[], known: readonly string[]): Command | null {
  const values = parse(argv)
  if (values.help) return null
  if (values.webgpu && values.only !== undefined) {
    throw new BenchError(
      'FLAG_INVALID',
      '--webgpu: is a section by itself, and --only names others',
    )
  }
  const asked = values.webgpu ? 'webgpu' : values.only
  const only = asked?.split(',').map((id) => id.trim()) ?? null
  const unknown = only?.find((id) => !known.includes(id))
  if (unknown !== undefined) {
    throw new BenchError('FLAG_INVALID', `--only "${unknown}": is not one of ${known.join(', ')}`)
  }
  const repeats = Number(values.repeats)
  if (!Number.isInteger(repeats) || repeats < 1 || repeats > MOST_REPEATS) {
    throw new BenchError(
      'FLAG_INVALID',
      `--repeats "${values.repeats}": is not a whole number from 1 to ${MOST_REPEATS}`,
    )
  }
  return { only, jsonPath: values.json ?? null, repeats }
}

export function helpText(sections: readonly { id: string; about: string }[]): string {
  return [
    'Measures what Quorate does against plain code that does the same, in one run: every fast',
    'path is checked against its reference first, variants take turns, medians are shown.',
    '',
    'Usage: npm run bench -- [flags]',
    '',
    '  --only <ids>     only these sections, by commas',
    '  --webgpu         only the section webgpu, on this machine’s GPU if it has one',
    '  --json <file>    writes the figures and the machine',
    `  --repeats <n>    of every comparison (${USUAL_REPEATS})`,
    '  --help           this text',
    '',
    ...sections.map(({ id, about }) => `  ${id.padEnd(12)} ${about}`),
    '',
  ].join('\n')
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        only: { type: 'string' },
        json: { type: 'string' },
        repeats: { type: 'string', default: String(USUAL_REPEATS) },
        webgpu: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
      strict: true,
      allowPositionals: false,
    }).values
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new BenchError('FLAG_INVALID', why, { cause: error })
  }
}
