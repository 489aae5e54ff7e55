import { expect, test } from 'vitest'
import { inviteIn } from './invite.ts'

test('a code is read from the fragment, and nothing else is', () => {
  expect(inviteIn('#invite=aaaa-bbbb-cccc-dddd')).toBe('aaaa-bbbb-cccc-dddd')
  for (const hash of ['', '#', '#top', '#invite=', '#invite=a b', `#invite=${'a'.repeat(65)}`]) {
    expect(inviteIn(hash), hash).toBeNull()
  }
})
