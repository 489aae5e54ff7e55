import { VirtualClock } from '@quorate/shared/clock/virtual-clock'
import { describe, expect, test } from 'vitest'
import { CREDENTIAL_LIFETIME_MS, iceIssuer, turnCredential } from './ice-issuer.ts'

const stun = { urls: 'stun:a.example:3478' }

describe('a TURN credential', () => {
  test('is the base64 of the HMAC-SHA1 of its user name', () => {
    // printf '1700000000:ab12' | openssl dgst -sha1 -hmac north-of-the-river -binary | base64
    expect(
      turnCredential('north-of-the-river', { contributor: 'ab12', expiresAtMs: 1_700_000_000_999 }),
    ).toEqual({ username: '1700000000:ab12', credential: 'zchkJFHzlIK7UMEYbhh59z57Lrs=' })
  })

  test('is given to each contributor by name, beside the servers as they were set', () => {
    const clock = new VirtualClock()
    const turn = { urls: ['turn:b.example', 'turns:b.example'], secret: 'x'.repeat(16) }
    const issue = iceIssuer({ servers: [stun], turn }, clock)
    const { servers, renewAtMs } = issue('ab12')
    expect(servers).toEqual([
      stun,
      {
        urls: turn.urls,
        ...turnCredential(turn.secret, {
          contributor: 'ab12',
          expiresAtMs: clock.nowMs() + CREDENTIAL_LIFETIME_MS,
        }),
      },
    ])
    expect(renewAtMs).toBe(clock.nowMs() + CREDENTIAL_LIFETIME_MS / 2)
    expect(JSON.stringify(servers)).not.toContain(turn.secret)
  })

  test('is not made where no secret is set', () => {
    const issue = iceIssuer({ servers: [stun], turn: null }, new VirtualClock())
    expect(issue('ab12')).toEqual({ servers: [stun], renewAtMs: null })
  })
})
