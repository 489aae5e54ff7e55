import { runSettings, type RunSettings } from '@quorate/shared/run/settings'
import { decimal } from '../../../format/format.ts'
import type { Issue } from '../../../live/api.ts'
import { create } from '../../../words/en/create.ts'

/** By path, such as `method.tau`: what is wrong there. */
export type Problems = Readonly<Record<string, string>>

/** Of the control of the setting at this path. */
export const fieldId = (path: string) => `setting-${path.replaceAll('.', '-')}`

export interface Checked {
  /** null where something is wrong. */
  readonly settings: RunSettings | null
  readonly problems: Problems
}

type ZodIssue = NonNullable<ReturnType<typeof runSettings.safeParse>['error']>['issues'][number]

/** The same check as the server's, in plain words. */
export function checkSettings(draft: unknown): Checked {
  const parsed = runSettings.safeParse(draft)
  if (parsed.success) return { settings: parsed.data, problems: {} }
  return { settings: null, problems: byPath(parsed.error.issues.map(plain)) }
}

/** The first problem of each path. A problem of a list's member belongs to the list. */
export function byPath(issues: readonly Issue[]): Problems {
  const problems: Record<string, string> = {}
  for (const { path, message } of issues) {
    const field = path.replace(/^\/|(\.|\/)\d+$/g, '').replaceAll('/', '.')
    problems[field] ??= message
  }
  return problems
}

function plain(issue: ZodIssue): Issue {
  return { path: issue.path.join('.'), message: sentence(issue) }
}

function sentence(issue: ZodIssue): string {
  const words = create.problems
  switch (issue.code) {
    case 'invalid_type':
      if (issue.expected === 'int') return words.whole
      return issue.expected === 'number' ? words.number : words.needed
    case 'too_small':
      if (issue.origin === 'string' || issue.origin === 'array') return words.needed
      return (issue.inclusive ? words.atLeast : words.moreThan)(decimal(Number(issue.minimum)))
    case 'too_big':
      if (issue.origin === 'string') return words.tooLong(decimal(Number(issue.maximum)))
      return (issue.inclusive ? words.atMost : words.lessThan)(decimal(Number(issue.maximum)))
    default:
      return asSentence(issue.message)
  }
}

/** A rule between settings says what is so, without a beginning and an end. */
function asSentence(rule: string): string {
  return `${rule.charAt(0).toUpperCase()}${rule.slice(1)}.`
}
