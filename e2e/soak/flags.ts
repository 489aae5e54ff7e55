import { parseArgs } from 'node:util'
import { SoakError } from './errors.ts'

const PARTS = ['world', 'fuzz', 'sockets'] as const
export type Part = (typeof PARTS)[number]

/** What a command asks for. */
export interface Command {
  readonly only: readonly Part[]
  /** Scenarios to play. */
  readonly seeds: number
  /** The first of them; the fuzzer's chance begins there too. */
  readonly seed: number
  /** No scenario is begun after so many minutes. */
  readonly minutes: number
  /** Inputs for all decoders together. */
  readonly inputs: number
  /** How long hostile sockets stay. */
  readonly seconds: number
  readonly trace: boolean
}

const USUAL = { seeds: '5000', seed: '0', minutes: '10', inputs: '1000000', seconds: '60' } as const

/** Reads the flags; null when the answer is `helpText()`. @throws SoakError FLAG_INVALID */
export function readCommand(argv: readonly string[]): Command | null {
  const values = parse(argv)
  if (values.help) return null
  const only = values.only === undefined ? PARTS : values.only.split(',').map(partOf)
  return {
    only,
    seeds: whole('seeds', values.seeds, { from: 1, to: 10_000_000 }),
    seed: whole('seed', values.seed, { from: 0, to: 0x7fffffff }),
    minutes: whole('minutes', values.minutes, { from: 1, to: 10_000 }),
    inputs: whole('inputs', values.inputs, { from: 1000, to: 1_000_000_000 }),
    seconds: whole('seconds', values.seconds, { from: 5, to: 3600 }),
    trace: values.trace,
  }
}

export function helpText(): string {
  return [
    'Looks for faults by chance: scenarios on a virtual clock, decoders fed with broken bytes, and',
    'hostile sockets at a real coordinator. What fails is printed with the command that shows it',
    'again. Ends with 1 where something failed.',
    '',
    'Usage: npm run soak -- [flags]',
    '',
    `  --only <parts>   of ${PARTS.join(', ')}, by commas (all of them)`,
    `  --seed <n>       the first seed (${USUAL.seed})`,
    `  --seeds <n>      scenarios to play (${USUAL.seeds})`,
    `  --minutes <n>    no scenario is begun after so long (${USUAL.minutes})`,
    `  --inputs <n>     for all decoders together (${USUAL.inputs})`,
    `  --seconds <n>    that hostile sockets stay (${USUAL.seconds})`,
    '  --trace          tells each scenario step by step; best with --seeds 1',
    '  --help           this text',
    '',
  ].join('\n')
}

function partOf(name: string): Part {
  const part = PARTS.find((one) => one === name.trim())
  if (part) return part
  throw new SoakError('FLAG_INVALID', `--only "${name}": is not one of ${PARTS.join(', ')}`)
}

function whole(flag: string, text: string, { from, to }: { from: number; to: number }): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isInteger(value) && value >= from && value <= to) return value
  throw new SoakError(
    'FLAG_INVALID',
    `--${flag} "${text}": is not a whole number from ${from} to ${to}`,
  )
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        only: { type: 'string' },
        seeds: { type: 'string', default: USUAL.seeds },
        seed: { type: 'string', default: USUAL.seed },
        minutes: { type: 'string', default: USUAL.minutes },
        inputs: { type: 'string', default: USUAL.inputs },
        seconds: { type: 'string', default: USUAL.seconds },
        trace: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
      strict: true,
      allowPositionals: false,
    }).values
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new SoakError('FLAG_INVALID', why, { cause: error })
  }
}
