import { parseArgs } from 'node:util'
import { z } from 'zod'
import { bytesOf } from './byte-size.ts'
import { CodedError } from './errors.ts'
import type { TurnSetting } from './ice/ice-issuer.ts'
import type { IceServerSetting } from './ice/ice-settings.ts'
import { iceServersOf, stunOf, turnOf } from './ice/ice-settings.ts'
import { CONTRIBUTORS_PER_ADDRESS } from './training/admission.ts'
import { issueText } from './issue-text.ts'
import { LEAST_LEDGER_KEEP } from './training/retention.ts'

/** One row per setting: a flag, and the environment variable QUORATE_<FLAG>. */
const OPTIONS = {
  host: { value: 'address', help: 'address to listen at', fallback: '127.0.0.1' },
  port: { value: 'n', help: 'port to listen at; 0 takes a free one', fallback: '8080' },
  data: { value: 'folder', help: 'everything that is kept lies here', fallback: './data' },
  'ledger-keep': {
    value: 'rounds',
    help: 'rounds of verdicts that a run keeps at least, 1000 or more; or all',
    fallback: '10000',
  },
  'disk-limit': {
    value: 'size',
    help: 'most that the data folder may take, like 20GB; none for no limit',
    fallback: 'none',
  },
  'public-url': { value: 'url', help: 'address that people open, where it differs' },
  'tls-cert': { value: 'file', help: 'certificate (PEM); together with --tls-key' },
  'tls-key': { value: 'file', help: 'private key (PEM); together with --tls-cert' },
  'trust-proxy': { help: 'believe X-Forwarded-* headers: only behind a proxy that sets them' },
  stun: { value: 'list', help: 'STUN servers, such as stun:host:3478', fallback: '' },
  turn: {
    value: 'list',
    help: 'TURN servers that share --turn-secret, such as turn:host:3478',
    fallback: '',
  },
  'turn-secret': {
    value: 'text',
    help: "coturn's static-auth-secret, 16 characters or more; better as a variable",
    fallback: '',
  },
  'ice-servers': {
    value: 'list',
    help: 'servers with credentials that never change: a JSON list, or stun:host,turn:host',
    fallback: '',
  },
  'contributors-per-address': {
    value: 'n',
    help: 'at once from one network address, 1 to 10000',
    fallback: String(CONTRIBUTORS_PER_ADDRESS),
  },
  'log-level': {
    value: 'level',
    help: 'fatal, error, warn, info, debug or silent',
    fallback: 'warn',
  },
  'no-demo': { help: 'do not make the demo run where there is no run' },
  volunteers: {
    value: 'n',
    help: 'headless Chromium volunteers on this machine, 0 to 32',
    fallback: '0',
  },
} as const satisfies Record<string, { value?: string; help: string; fallback?: string }>

type Flag = keyof typeof OPTIONS

/** Settings that no message repeats. */
const SECRET = new Set<string>(['turn-secret'] satisfies Flag[])

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'is not a whole number')
    .transform(Number)
    .refine((n) => n >= min && n <= max, `is not within ${min} and ${max}`)

/** Databases, one data set's chunks and a few rounds have to fit. */
const LEAST_DISK_LIMIT_BYTES = 200e6

const schema = z
  .object({
    host: z.string().min(1, 'is empty'),
    port: wholeNumber(0, 65_535),
    data: z.string().min(1, 'is empty'),
    'ledger-keep': z.string().transform((text, context) => ledgerKeepOf(text, context)),
    'disk-limit': z.string().transform((text, context) => diskLimitOf(text, context)),
    'public-url': z
      .string()
      .transform((text, context) => publicUrlOf(text, context))
      .optional(),
    'tls-cert': z.string().min(1, 'is empty').optional(),
    'tls-key': z.string().min(1, 'is empty').optional(),
    'trust-proxy': z.boolean(),
    stun: z.string().transform((text, context) => stunOf(text, context)),
    turn: z.string().transform((text, context) => turnOf(text, context)),
    'turn-secret': z
      .string()
      .max(256, 'is longer than 256 characters')
      .refine((secret) => secret === '' || secret.length >= 16, 'is shorter than 16 characters'),
    'ice-servers': z.string().transform((text, context) => iceServersOf(text, context)),
    'contributors-per-address': wholeNumber(1, 10_000),
    'log-level': z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']),
    'no-demo': z.boolean(),
    volunteers: wholeNumber(0, 32),
  })
  .refine((flags) => (flags['tls-cert'] === undefined) === (flags['tls-key'] === undefined), {
    message: 'goes together with --tls-key: give both or none',
    path: ['tls-cert'],
  })
  .refine((flags) => flags.turn.length === 0 || flags['turn-secret'] !== '', {
    message: "needs --turn-secret, the server's static-auth-secret",
    path: ['turn'],
  })
  .refine((flags) => flags['turn-secret'] === '' || flags.turn.length > 0, {
    message: 'is the secret of no server: name one with --turn',
    path: ['turn-secret'],
  })

export interface Config {
  readonly host: string
  readonly port: number
  readonly dataFolder: string
  /** Rounds of a ledger that are kept at least; null keeps all. */
  readonly ledgerKeep: number | null
  /** Most that the data folder may take; null: no limit. */
  readonly diskLimitBytes: number | null
  /** Origin only, without a path. */
  readonly publicUrl: URL | null
  readonly tls: { readonly certPath: string; readonly keyPath: string } | null
  readonly trustProxy: boolean
  /** What every page is told, as it is. */
  readonly iceServers: readonly IceServerSetting[]
  /** Servers for which each contributor is given a credential of its own. */
  readonly turn: TurnSetting | null
  /** At once, of all runs. */
  readonly contributorsPerAddress: number
  readonly logLevel: z.infer<typeof schema>['log-level']
  readonly demo: boolean
  readonly volunteers: number
}

/**
 * The settings of this start, flags before environment before defaults; null when the answer is
 * `helpText()`.
 *
 * @throws CodedError CONFIG_INVALID, its message naming every setting that does not pass.
 */
export function readConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Config | null {
  const flags = readFlags(argv)
  if (flags['help'] === true) return null
  const given: Record<string, unknown> = {}
  for (const [flag, option] of Object.entries(OPTIONS)) {
    const text = flags[flag] ?? env[variableOf(flag)]
    given[flag] = 'value' in option ? (text ?? fallbackOf(option)) : switchOf(flag, text)
  }
  const parsed = schema.safeParse(given, { error: issueText })
  if (!parsed.success) {
    throw invalid(parsed.error.issues.map((issue) => sentenceOf(issue, { given, flags })))
  }
  const settings = parsed.data
  const [certPath, keyPath] = [settings['tls-cert'], settings['tls-key']]
  return {
    host: settings.host,
    port: settings.port,
    dataFolder: settings.data,
    ledgerKeep: settings['ledger-keep'],
    diskLimitBytes: settings['disk-limit'],
    publicUrl: settings['public-url'] ?? null,
    tls: certPath !== undefined && keyPath !== undefined ? { certPath, keyPath } : null,
    trustProxy: settings['trust-proxy'],
    iceServers: [...settings.stun.map((urls) => ({ urls })), ...settings['ice-servers']],
    turn:
      settings.turn.length > 0 ? { urls: settings.turn, secret: settings['turn-secret'] } : null,
    contributorsPerAddress: settings['contributors-per-address'],
    logLevel: settings['log-level'],
    demo: !settings['no-demo'],
    volunteers: settings.volunteers,
  }
}

export function helpText(): string {
  const rows = Object.entries(OPTIONS).map(([flag, option]) => {
    const left = `  --${flag}${'value' in option ? ` <${option.value}>` : ''}`
    const fallback = fallbackOf(option)
    return `${left.padEnd(25)}${option.help}${fallback ? ` (${fallback})` : ''}`
  })
  return [
    'Quorate: strangers train one model together in their browsers.',
    '',
    'Usage: npm start -- [flags]',
    '',
    ...rows,
    `${'  --help'.padEnd(25)}this text`,
    '',
    'npm run backup -- <folder> copies the data folder, also while this runs; npm run restore --',
    '<folder> makes one of such a copy. Both take --data, and --help.',
    '',
    'Each flag is also an environment variable: --public-url is QUORATE_PUBLIC_URL;',
    'switches take 1 or 0. QUORATE_CHROMIUM names the browser for --volunteers.',
    '',
  ].join('\n')
}

function readFlags(argv: readonly string[]): Record<string, string | boolean | undefined> {
  const options: Record<string, { type: 'string' | 'boolean' }> = { help: { type: 'boolean' } }
  for (const [flag, option] of Object.entries(OPTIONS)) {
    options[flag] = { type: 'value' in option ? 'string' : 'boolean' }
  }
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values
  } catch (error) {
    throw invalid([error instanceof Error ? error.message : String(error)])
  }
}

function switchOf(flag: string, given: string | boolean | undefined): unknown {
  if (given === undefined || given === '' || given === '0' || given === 'false') return false
  if (given === true || given === '1' || given === 'true') return true
  throw invalid([`${variableOf(flag)} is "${given}"; a switch takes 1 or 0`])
}

function variableOf(flag: string): string {
  return `QUORATE_${flag.toUpperCase().replaceAll('-', '_')}`
}

function fallbackOf(option: (typeof OPTIONS)[Flag]): string | undefined {
  return 'fallback' in option ? option.fallback : undefined
}

/** Names the setting as it was given: by its flag or by its variable. */
function sentenceOf(
  issue: z.core.$ZodIssue,
  { given, flags }: { given: Record<string, unknown>; flags: Record<string, unknown> },
): string {
  const flag = String(issue.path[0])
  const isVariable = flags[flag] === undefined && given[flag] !== undefined
  const text = given[flag]
  const value = typeof text === 'string' && !SECRET.has(flag) ? ` "${text}"` : ''
  return `${isVariable ? variableOf(flag) : `--${flag}`}${value}: ${issue.message}`
}

function invalid(problems: readonly string[]): CodedError {
  return new CodedError(
    'CONFIG_INVALID',
    `${problems.join('\n')}\nnpm start -- --help lists all flags.`,
  )
}

function publicUrlOf(text: string, context: z.RefinementCtx): URL {
  const url = URL.canParse(text) ? new URL(text) : null
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== '/' || url.search || url.hash) {
    context.addIssue('is not an address like https://example.org')
    return z.NEVER
  }
  return url
}

function ledgerKeepOf(text: string, context: z.RefinementCtx): number | null {
  if (text === 'all') return null
  const rounds = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (rounds >= LEAST_LEDGER_KEEP) return rounds
  context.addIssue(`is neither a whole number of at least ${LEAST_LEDGER_KEEP} rounds nor "all"`)
  return z.NEVER
}

function diskLimitOf(text: string, context: z.RefinementCtx): number | null {
  if (text === 'none') return null
  const bytes = bytesOf(text)
  if (bytes !== null && bytes >= LEAST_DISK_LIMIT_BYTES) return bytes
  context.addIssue('is neither a size of at least 200MB, like 20GB or 1.5TB, nor "none"')
  return z.NEVER
}
