import { randomBytes } from 'node:crypto'
import { VirtualClock } from '@quorate/shared/clock/virtual-clock'
import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { openDatabase } from '../database/database.ts'
import { SqliteOperatorSecrets } from '../store/sqlite/operator-store.ts'
import { Operator, SESSION_MS } from './operator.ts'

async function withOperator(
  body: (operator: Operator, clock: VirtualClock, dump: () => Promise<string>) => Promise<void>,
): Promise<void> {
  const database = await openDatabase(':memory:')
  const clock = new VirtualClock()
  const secrets = new SqliteOperatorSecrets(database)
  const operator = new Operator({ secrets, clock, entropy: (size) => randomBytes(size) })
  const dump = async () =>
    JSON.stringify([
      await sql`select * from operator_secrets`.execute(database),
      await sql`select * from sessions`.execute(database),
    ])
  await body(operator, clock, dump)
  await database.destroy()
}

test('a link signs in once, and only the newest one', () =>
  withOperator(async (operator) => {
    const old = await operator.issueLink()
    const token = await operator.issueLink()
    await expect(operator.signIn({ token: old })).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' })
    const tries = await Promise.allSettled([1, 2, 3].map(() => operator.signIn({ token })))
    const sessions = tries.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    expect(sessions).toHaveLength(1)
    expect(await operator.isSignedIn(sessions[0])).toBe(true)
    expect(await operator.isSignedIn(token)).toBe(false)
    expect(await operator.isSignedIn(undefined)).toBe(false)
  }))

test('a session ends after 30 days, or when it signs out', () =>
  withOperator(async (operator, clock) => {
    const session = await operator.signIn({ token: await operator.issueLink() })
    await clock.advance(SESSION_MS - 1)
    expect(await operator.isSignedIn(session)).toBe(true)
    await clock.advance(1)
    expect(await operator.isSignedIn(session)).toBe(false)
    const next = await operator.signIn({ token: await operator.issueLink() })
    await operator.signOut(next)
    expect(await operator.isSignedIn(next)).toBe(false)
  }))

test('a password signs in once it is set, and setting it signs out everyone else', () =>
  withOperator(async (operator) => {
    const other = await operator.signIn({ token: await operator.issueLink() })
    const session = await operator.signIn({ token: await operator.issueLink() })
    const refused = operator.signIn({ password: 'correct horse' })
    await expect(refused).rejects.toMatchObject({ code: 'SIGN_IN_REFUSED' })
    expect(await operator.hasPassword()).toBe(false)
    await operator.setPassword('correct horse', session)
    expect(await operator.isSignedIn(session)).toBe(true)
    expect(await operator.isSignedIn(other)).toBe(false)
    const again = await operator.signIn({ password: 'correct horse' })
    expect(await operator.isSignedIn(again)).toBe(true)
    await expect(operator.signIn({ password: 'wrong' })).rejects.toThrow()
  }))

test('nothing that signs in is in the database', () =>
  withOperator(async (operator, _, dump) => {
    const first = await operator.issueLink()
    const session = await operator.signIn({ token: first })
    await operator.setPassword('correct horse', session)
    const token = await operator.issueLink()
    const kept = await dump()
    for (const secret of [token, session, 'correct horse']) expect(kept).not.toContain(secret)
  }))
