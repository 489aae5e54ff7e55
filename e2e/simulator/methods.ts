import type { MethodSettings } from '@quorate/shared/methods/settings'
import { methodSettings } from '@quorate/shared/methods/settings'
import { SimulatorError } from './errors.ts'

/** A setting for every method that has it, and where it was given. */
export interface MethodSetting {
  readonly flag: string
  readonly key: string
  /** Text is read as a number, true, false or null where it is one. */
  readonly value: unknown
}

export interface ChosenMethod {
  /** As it was written. */
  readonly label: string
  readonly method: MethodSettings
  /** The method's own, in place of the command's; null = the command's. */
  readonly learningRate: number | null
}

/**
 * The methods of a comparison, `id` or `id:key=value:…`, by commas. Of the `common` settings each
 * method takes those that it has, and each of them must be taken by one method at least.
 *
 * @throws SimulatorError FLAG_INVALID
 */
export function chosenMethods(text: string, common: readonly MethodSetting[]): ChosenMethod[] {
  const taken = new Set<MethodSetting>()
  const chosen = text.split(',').map((label) => {
    const { id, own, learningRate } = readMethod(label.trim())
    const method = settingsOf(id, own, common, taken)
    return { label: label.trim(), method, learningRate }
  })
  const idle = common.find((setting) => !taken.has(setting))
  if (idle) {
    throw invalid(`${idle.flag}: '${idle.key}' is not a setting of ${text}`)
  }
  return chosen
}

function readMethod(label: string): {
  id: string
  own: MethodSetting[]
  learningRate: number | null
} {
  const [id = '', ...parts] = label.split(':')
  const known = methodSettings.options.map(({ shape }): string => shape.id.value)
  if (!known.includes(id)) {
    throw invalid(`--method "${id}": is not one of ${known.join(', ')}`)
  }
  const own = parts.map((part): MethodSetting => {
    const [key = '', ...rest] = part.split('=')
    if (key === '' || rest.length === 0) {
      throw invalid(`--method "${label}": "${part}" is not key=value`)
    }
    return { flag: `--method ${label}`, key, value: rest.join('=') }
  })
  const rate = own.find(({ key }) => key === 'lr')
  const learningRate = rate ? Number(rate.value) : null
  return { id, own: own.filter((setting) => setting !== rate), learningRate }
}

function settingsOf(
  id: string,
  own: readonly MethodSetting[],
  common: readonly MethodSetting[],
  taken: Set<MethodSetting>,
): MethodSettings {
  let offered = [...common]
  for (;;) {
    const all = [...offered, ...own]
    const entries = all.map(({ key, value }) => [key, valueOf(value)] as const)
    const parsed = methodSettings.safeParse({ id, ...Object.fromEntries(entries) })
    if (parsed.success) {
      offered.forEach((setting) => taken.add(setting))
      return parsed.data
    }
    const [issue] = parsed.error.issues
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys : []
    const key = unknown[0] ?? String(issue?.path[0])
    const fewer = offered.filter((setting) => !unknown.includes(setting.key))
    if (unknown.length > 0 && fewer.length < offered.length) {
      offered = fewer
      continue
    }
    const given = all.findLast((setting) => setting.key === key)
    const why = unknown.length > 0 ? `${id} has no setting '${key}'` : (issue?.message ?? '')
    throw invalid(`${given?.flag ?? `--set ${key}`} "${String(given?.value)}": ${why}`)
  }
}

function valueOf(value: unknown): unknown {
  if (typeof value !== 'string') return value
  if (value === 'none' || value === 'null') return null
  if (value === 'true' || value === 'false') return value === 'true'
  return value.trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value
}

function invalid(detail: string): SimulatorError {
  return new SimulatorError('FLAG_INVALID', detail)
}
