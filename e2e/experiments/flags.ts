import { parseArgs } from 'node:util'
import { ExperimentError } from './errors.ts'

/** What a command asks for. */
export interface Command {
  /** Ids of the experiments to compute; null = all. */
  readonly only: readonly string[] | null
  /** Seeds 1..n are computed. */
  readonly seeds: number
  /** Compute what is there already, too. */
  readonly fresh: boolean
  /** Only write the pages. */
  readonly pagesOnly: boolean
  readonly threads: number
}

const MOST = { seeds: 3, threads: 64 } as const

/**
 * Reads the flags; null when the answer is `helpText()`.
 *
 * @throws ExperimentError FLAG_INVALID
 */
export function readCommand(argv: readonly string[], known: readonly string[]): Command | null {
  const values = parse(argv)
  if (values.help) return null
  const only = values.only?.split(',').map((id) => id.trim()) ?? null
  const unknown = only?.find((id) => !known.includes(id))
  if (unknown !== undefined) {
    throw invalid(`--only "${unknown}": is not one of ${known.join(', ')}`)
  }
  return {
    only,
    seeds: whole('seeds', values.seeds, MOST.seeds),
    threads: whole('threads', values.threads, MOST.threads),
    fresh: values.fresh,
    pagesOnly: values.pages,
  }
}

export function helpText(experiments: readonly { id: string; title: string }[]): string {
  return [
    'Computes what docs/experiments shows and writes its pages. What has been computed is kept in',
    'docs/experiments/results, so that a command that was ended goes on where it was.',
    '',
    'Usage: npm run experiments -- [flags]',
    '',
    '  --only <ids>    compute only these, by commas; all pages are written',
    `  --seeds <n>     compute seeds 1 to n (${MOST.seeds})`,
    '  --threads <n>   threads that compute (2)',
    '  --fresh         compute anew what is there already',
    '  --pages         compute nothing, only write the pages from what is there',
    '  --help          this text',
    '',
    ...experiments.map(({ id, title }) => `  ${id}  ${title}`),
    '',
  ].join('\n')
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        only: { type: 'string' },
        seeds: { type: 'string', default: String(MOST.seeds) },
        threads: { type: 'string', default: '2' },
        fresh: { type: 'boolean', default: false },
        pages: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
      strict: true,
      allowPositionals: false,
    }).values
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ExperimentError('FLAG_INVALID', why, { cause: error })
  }
}

function whole(flag: string, text: string, most: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw invalid(`--${flag} "${text}": is not a whole number from 1 to ${most}`)
}

function invalid(detail: string): ExperimentError {
  return new ExperimentError('FLAG_INVALID', detail)
}
