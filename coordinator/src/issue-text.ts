import type { z } from 'zod'

const NOUNS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
}

/** What is allowed where a value does not pass, without the words of the library that checks it. */
export function issueText(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing'
      return `must be ${NOUNS[issue.expected] ?? `of type ${issue.expected}`}`
    case 'too_small':
      return `must ${bound(issue, issue.inclusive === false ? 'more than' : 'at least', issue.minimum)}`
    case 'too_big':
      return `must ${bound(issue, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)}`
    case 'invalid_value':
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`
    case 'unrecognized_keys':
      return `has fields that are not known: ${issue.keys.join(', ').slice(0, 200)}`
    case 'invalid_union':
      return 'has none of the forms that are allowed'
    case 'invalid_format':
      return 'does not have the form that is allowed'
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`
    default:
      return undefined
  }
}

function bound({ origin }: { origin: string }, than: string, limit: number | bigint): string {
  if (origin === 'string') return `have ${than} ${limit} characters`
  if (origin === 'array' || origin === 'set') return `have ${than} ${limit} entries`
  return `be ${than} ${limit}`
}
