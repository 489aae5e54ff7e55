import { contributorMessage } from '@quorate/shared/protocol/messages'
import type { ContributorMessage } from '@quorate/shared/protocol/messages'

type Parsed = { ok: true; value: ContributorMessage } | { ok: false; detail: string }

/** A message of a contributor, checked. */
export function parseMessage(text: string): Parsed {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return { ok: false, detail: 'not JSON' }
  }
  const parsed = contributorMessage.safeParse(json)
  if (parsed.success) return { ok: true, value: parsed.data }
  const issue = parsed.error.issues[0]
  return {
    ok: false,
    detail: `${issue?.path.join('.') ?? ''} ${issue?.message ?? 'invalid'}`.trim(),
  }
}
