import { expect, test } from 'vitest'
import { Invite, newInviteCode } from './invite.ts'

test('without a code anyone may come, with one only who has it', () => {
  expect(new Invite(null).refusal(null)).toBeNull()
  expect(new Invite(null).refusal('anything')).toBeNull()
  const invite = new Invite('aaaa-bbbb')
  expect(invite.refusal('aaaa-bbbb')).toBeNull()
  expect(invite.refusal(null)).toMatchObject({ code: 'INVITE_NEEDED', fatal: true })
  expect(invite.refusal('aaaa-bbbc')).toMatchObject({ code: 'INVITE_WRONG', fatal: true })
})

test('a code is four times four letters that nobody confuses', () => {
  const code = newInviteCode((size) => Uint8Array.from({ length: size }, (_, n) => 37 * n))
  expect(code).toMatch(/^[a-hjkmnp-z02-9]{4}(-[a-hjkmnp-z02-9]{4}){3}$/)
})
