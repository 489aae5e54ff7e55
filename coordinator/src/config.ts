import { parseArgs } from 'node:util'
import { z } from 'zod'
import { bytesOf } from './byte-size.ts'
import { CodedError } from './errors.ts'
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
  'ice-servers': {
    value: 'list',
    help: 'STUN and TURN servers: stun:host,turn:host or a JSON list with credentials',
    fallback: '',
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

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'is not a whole number')
    .transform(Number)
    .refine((n) => n >= min && n <= max, `is not within ${min} and ${max}`)

/** Databases, one data set's chunks and a few rounds have to fit. */
const LEAST_DISK_LIMIT_BYTES = 200e6

const iceServer = z.strictObject({
  urls: z.union([z.string(), z.array(z.string()).min(1)]),
  username: z.string().optional(),
  credential: z.string().optional(),
})
export type IceServerSetting = z.infer<typeof iceServer>
const iceUrl = /^(stun|stuns|turn|turns):[^\s,]+$/

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
    'ice-servers': z.string().transform((text, context) => iceServersOf(text, context)),
    'log-level': z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent']),
    'no-demo': z.boolean(),
    volunteers: wholeNumber(0, 32),
  })
  .refine((flags) => (flags['tls-cert'] === undefined) === (flags['tls-key'] === undefined), {
    message: 'goes together with --tls-key: give both or none',
    path: ['tls-cert'],
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
  readonly iceServers: readonly IceServerSetting[]
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
    iceServers: settings['ice-servers'],
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
  const value = typeof text === 'string' ? ` "${text}"` : ''
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

function iceServersOf(text: string, context: z.RefinementCtx): IceServerSetting[] {
  const refuse = (why: string) => {
    context.addIssue(why)
    return z.NEVER
  }
  if (text.trim() === '') return []
  let servers: IceServerSetting[]
  if (text.trimStart().startsWith('[')) {
    let json: unknown
    try {
      json = JSON.parse(text)
    } catch {
      return refuse('is not JSON')
    }
    const parsed = z.array(iceServer).max(16).safeParse(json)
    if (!parsed.success) return refuse('is not a list of {urls, username?, credential?}')
    servers = parsed.data
  } else {
    servers = text.split(',').map((url) => ({ urls: url.trim() }))
  }
  const wrong = servers.flatMap(({ urls }) => urls).find((url) => !iceUrl.test(url))
  return wrong === undefined ? servers : refuse(`"${wrong}" is not a stun: or turn: address`)
}
