import { parseArgs } from 'node:util'
import { methodSettings } from '@quorate/shared/methods/settings'
import { usualSettings } from '@quorate/shared/methods/usual'
import { modelSpec } from '@quorate/shared/model/spec'
import { partitionSettings } from '@quorate/shared/partition/settings'
import type { z } from 'zod'
import { dataSetId } from './data.ts'
import { SimulatorError } from './errors.ts'
import type { MethodSetting } from './methods.ts'
import { chosenMethods } from './methods.ts'
import type { SimulationSettings } from './settings.ts'
import { ATTACKS, simulationSettings } from './settings.ts'

interface Flag {
  /** What stands for the value in the help. */
  readonly value: string
  readonly help: string
  readonly fallback?: string
  /** Where the value goes in the settings, its parts divided by dots. */
  readonly at?: string
  readonly read?: (text: string) => unknown
  readonly multiple?: true
}

const number = (text: string): number => {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value)) throw new RangeError('is not a number')
  return value
}
const numbers = (text: string) => text.split(',').map(number)
const orNull = (word: string) => (text: string) => (text === word ? null : number(text))
const kinds = (options: readonly { shape: { kind: z.ZodLiteral<string> } }[]) =>
  options.map(({ shape }) => shape.kind.value)

const METHODS = methodSettings.options.map(({ shape }) => shape.id.value)
const PARTITIONS = kinds(partitionSettings.options)
const MODELS = kinds(modelSpec.options)

/** One row a flag. */
const FLAGS: Readonly<Record<string, Flag>> = {
  method: {
    value: 'ids',
    help: `${METHODS.join(', ')}; several by commas, each with settings of its own: ssdm:norm=linf-block:lr=0.03`,
    fallback: 'ef-vote',
  },
  partition: {
    value: 'kind',
    help: PARTITIONS.join(', '),
    fallback: 'label',
    at: 'run.partition.kind',
  },
  'lone-class': {
    value: 'k',
    help: 'all records of this class are shard 0, and the partition cuts the rest',
    at: 'loneClass',
    read: number,
  },
  alpha: { value: 'a', help: 'of a Dirichlet partition', at: 'run.partition.alpha', read: number },
  exponent: {
    value: 'a',
    help: 'of a partition by quantity',
    at: 'run.partition.exponent',
    read: number,
  },
  contributors: { value: 'n', help: 'M', fallback: '10', at: 'contributors', read: number },
  shards: {
    value: 'n',
    help: 'parts of the data (as many as contributors)',
    at: 'run.shards',
    read: number,
  },
  sample: {
    value: 'n',
    help: 'contributors asked in each round, or all',
    fallback: 'all',
    at: 'sample',
    read: orNull('all'),
  },
  churn: {
    value: 'p',
    help: 'each contributor leaves with this probability a round, and someone new takes its data',
    fallback: '0',
    at: 'churn',
    read: number,
  },
  adversaries: {
    value: 'share',
    help: 'share of the contributors that lie',
    fallback: '0',
    at: 'adversaries',
    read: number,
  },
  attack: { value: 'kind', help: ATTACKS.join(', '), fallback: 'flip', at: 'attack' },
  rounds: { value: 'n', help: 'T', fallback: '400', at: 'run.rounds', read: number },
  model: { value: 'kind', help: MODELS.join(', '), fallback: 'mlp', at: 'run.model.kind' },
  hidden: {
    value: 'widths',
    help: 'of the MLP, by commas (32)',
    at: 'run.model.hidden',
    read: numbers,
  },
  batch: {
    value: 'n',
    help: 'records per contributor and step',
    fallback: '32',
    at: 'run.batch',
    read: number,
  },
  lr: {
    value: 'γ',
    help: "learning rate (the method's usual)",
    at: 'run.learningRate',
    read: number,
  },
  schedule: {
    value: 'kind',
    help: 'linear, constant or cosine',
    fallback: 'linear',
    at: 'run.schedule',
  },
  'warm-up': {
    value: 'n',
    help: 'rounds',
    fallback: '0',
    at: 'run.warmUpRounds',
    read: number,
  },
  'local-steps': {
    value: 'H',
    help: "steps that a contributor takes alone in a round (the method's usual)",
    at: 'run.localSteps',
    read: number,
  },
  'local-lr': {
    value: 'γ',
    help: 'of the local steps',
    fallback: '0.1',
    at: 'run.localLearningRate',
    read: number,
  },
  'weight-decay': {
    value: 'λ',
    help: 'added to every gradient as λx',
    fallback: '0',
    at: 'run.weightDecay',
    read: number,
  },
  block: {
    value: 'n',
    help: "parameters per block, 64 or 256 (the method's usual)",
    at: 'run.block',
    read: number,
  },
  preset: { value: 'name', help: 'open (κ 4, τ 2) or trusted (κ 8, no τ), for EF-Vote' },
  kappa: { value: 'κ', help: 'EF-Vote: range of the weights' },
  tau: { value: 'τ', help: 'EF-Vote: loudness budget, or none' },
  beta: { value: 'β', help: 'momentum' },
  'zero-rule': { value: 'rule', help: "a contributor's zero: coin or plus" },
  'tie-rule': { value: 'rule', help: 'a tied tally: coin, plus, or hold (no step there)' },
  set: {
    value: 'key=value',
    help: 'any other setting of the methods; may be given several times',
    multiple: true,
  },
  seed: { value: 'n', help: 'one, or several by commas: a simulation each', fallback: '1' },
  'evaluate-every': {
    value: 'n',
    help: 'rounds between two evaluations',
    fallback: '10',
    at: 'run.evaluateEvery',
    read: number,
  },
  data: { value: 'folder', help: 'four IDX files in place of MNIST' },
  out: { value: 'file.json', help: 'writes the result; of several simulations, a list' },
  plot: { value: 'file.svg', help: 'writes a chart' },
}

export interface Simulation {
  /** Tells it from the others of this command: method, and seed where there are several. */
  readonly label: string
  readonly settings: SimulationSettings
}

/** What a command asks for. */
export interface Command {
  readonly simulations: readonly Simulation[]
  readonly dataFolder: string | null
  readonly outPath: string | null
  readonly plotPath: string | null
}

/**
 * Reads the flags; null when the answer is `helpText()`.
 *
 * @throws SimulatorError FLAG_UNKNOWN or FLAG_INVALID, its message naming the flag and what it takes.
 */
export function readCommand(argv: readonly string[]): Command | null {
  const values = parse(argv)
  if (values['help'] === true) return null
  const given = new Map<string, string>()
  for (const [flag, { fallback, multiple }] of Object.entries(FLAGS)) {
    const value = values[flag] ?? fallback
    if (typeof value === 'string' && !multiple) given.set(flag, value)
  }
  if (!given.has('hidden') && given.get('model') === 'mlp') given.set('hidden', '32')
  if (!given.has('shards')) given.set('shards', defaultShards(given))
  const sets = values['set']
  const methods = chosenMethods(
    given.get('method') ?? '',
    methodFlags(given, Array.isArray(sets) ? sets.map(String) : []),
  )
  const dataFolder = given.get('data') ?? null
  const base = settingsTree(given, dataFolder)
  const seeds = readFlag('seed', given.get('seed') ?? '', numbers) as number[]
  const simulations = seeds.flatMap((seed) =>
    methods.map(({ label, method, learningRate }) => {
      const run = { ...usualSettings(method), ...(base['run'] as object), method, seed }
      const settings = { ...base, run: learningRate === null ? run : { ...run, learningRate } }
      return {
        label: seeds.length > 1 ? `${label}, seed ${seed}` : label,
        settings: checked(settings, given),
      }
    }),
  )
  return {
    simulations,
    dataFolder,
    outPath: given.get('out') ?? null,
    plotPath: given.get('plot') ?? null,
  }
}

export function helpText(): string {
  const rows = Object.entries(FLAGS).map(([flag, { value, help, fallback }]) => {
    const left = `  --${flag} <${value}>`
    return `${left.padEnd(26)}${help}${fallback === undefined ? '' : ` (${fallback})`}`
  })
  return [
    'Trains a run in one process: no browser, no network; the same code as both.',
    '',
    'Usage: npm run simulate -- [flags]',
    '',
    ...rows,
    `${'  --help'.padEnd(26)}this text`,
    '',
  ].join('\n')
}

function parse(argv: readonly string[]) {
  const options: Record<string, { type: 'string' | 'boolean'; multiple?: boolean }> = {
    help: { type: 'boolean' },
  }
  for (const [flag, { multiple }] of Object.entries(FLAGS)) {
    options[flag] = { type: 'string', multiple: multiple ?? false }
  }
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const detail = `${why}\nnpm run simulate -- --help lists all flags.`
    throw new SimulatorError('FLAG_UNKNOWN', detail, { cause: error })
  }
}

/** A shard for each contributor; a shared partition is one shard. */
function defaultShards(given: ReadonlyMap<string, string>): string {
  return given.get('partition') === 'shared' ? '1' : (given.get('contributors') ?? '')
}

/** Settings of the methods that have a flag, or come with `--set`. */
function methodFlags(given: ReadonlyMap<string, string>, sets: readonly string[]): MethodSetting[] {
  const found: MethodSetting[] = []
  const preset = given.get('preset')
  if (preset !== undefined) {
    const values = PRESETS[preset]
    if (!values) throw refused('preset', preset, 'is neither open nor trusted')
    for (const [key, value] of Object.entries(values)) found.push({ flag: '--preset', key, value })
  }
  for (const [flag, key, read] of METHOD_FLAGS) {
    const text = given.get(flag)
    if (text === undefined || (flag === 'tie-rule' && text === 'hold')) continue
    found.push({ flag: `--${flag}`, key, value: readFlag(flag, text, read) })
  }
  for (const text of sets) {
    const [key = '', ...rest] = text.split('=')
    if (key === '' || rest.length === 0) throw refused('set', text, 'is not key=value')
    found.push({ flag: `--set ${key}`, key, value: rest.join('=') })
  }
  return found
}

/** DESIGN's two answers to rare classes against liars. */
const PRESETS: Readonly<Record<string, Readonly<Record<string, number | null>>>> = {
  open: { kappa: 4, tau: 2 },
  trusted: { kappa: 8, tau: null },
}

const METHOD_FLAGS: readonly (readonly [string, string, (text: string) => unknown])[] = [
  ['kappa', 'kappa', number],
  ['tau', 'tau', orNull('none')],
  ['beta', 'beta', number],
  ['zero-rule', 'zeroRule', String],
  ['tie-rule', 'tieRule', String],
]

function readFlag(flag: string, text: string, read: (text: string) => unknown): unknown {
  try {
    return read(text)
  } catch (error) {
    throw refused(flag, text, error instanceof Error ? error.message : String(error))
  }
}

/** Everything but the method and the seed, as the schema takes it. */
function settingsTree(
  given: ReadonlyMap<string, string>,
  dataFolder: string | null,
): Record<string, unknown> {
  const tree: Record<string, unknown> = {}
  for (const [flag, { at, read = String }] of Object.entries(FLAGS)) {
    const text = given.get(flag)
    if (at === undefined || text === undefined) continue
    const path = at.split('.')
    const last = path.pop() ?? ''
    const parent = path.reduce<Record<string, unknown>>((node, key) => {
      node[key] ??= {}
      return node[key] as Record<string, unknown>
    }, tree)
    parent[last] = readFlag(flag, text, read)
  }
  const run = tree['run'] as object
  const holdTies = given.get('tie-rule') === 'hold'
  return { ...tree, holdTies, run: { ...run, name: 'Simulation', dataSet: dataSetId(dataFolder) } }
}

/** The settings by their schema, its findings told by flag. */
function checked(settings: object, given: ReadonlyMap<string, string>): SimulationSettings {
  const parsed = simulationSettings.safeParse(settings)
  if (parsed.success) return parsed.data
  const findings = parsed.error.issues.map((issue) => {
    const path = issue.path.map(String).join('.')
    if (issue.code === 'unrecognized_keys') {
      const kind = given.get(path === 'run.model' ? 'model' : 'partition') ?? path
      return issue.keys.map((key) => `${flagOf(`${path}.${key}`)}: not for '${kind}'`).join('\n')
    }
    const flag = flagOf(path)
    const choices = CHOICES[path]
    const allowed = choices ? `is not one of ${choices.join(', ')}` : issue.message
    return `${flag} "${given.get(flag.slice(2)) ?? ''}": ${allowed}`
  })
  throw new SimulatorError('FLAG_INVALID', findings.join('\n'))
}

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  'run.model.kind': MODELS,
  'run.partition.kind': PARTITIONS,
  attack: ATTACKS,
}

function flagOf(path: string): string {
  const found = Object.entries(FLAGS).find(
    ([, { at }]) => at !== undefined && (path === at || path.startsWith(`${at}.`)),
  )
  if (found) return `--${found[0]}`
  return path === 'run.seed' ? '--seed' : path
}

function refused(flag: string, text: string, why: string): SimulatorError {
  return new SimulatorError('FLAG_INVALID', `--${flag} "${text}": ${why}`)
}
