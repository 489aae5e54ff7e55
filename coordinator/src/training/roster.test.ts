import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Connection, StoredContributor } from './ports.ts'
import { MAX_KNOWN, Roster } from './roster.ts'

const entropy = (sizeBytes: number) => new Uint8Array(randomBytes(sizeBytes))

function known(number: number, lastSeenMs: number, roundsCounted = 0): StoredContributor {
  return {
    ...{ number, id: `id-${number}`, name: 'calm otter', tokenHash: 'x', joinedAtMs: 1 },
    ...{ lastSeenMs, shards: [], roundsCounted, roundsMissed: 0, savedAtRound: 0, banned: false },
  }
}

function full(change: (number: number) => Partial<StoredContributor> = () => ({})): Roster {
  const all = Array.from({ length: MAX_KNOWN }, (_, at) => ({
    ...known(at + 1, 1000 + at),
    ...change(at + 1),
  }))
  return new Roster(entropy, all, 32)
}

describe('a full roster', () => {
  test('forgets who has been away longest, and gives no number twice', () => {
    const roster = full((number) => (number === 7 ? { lastSeenMs: 5 } : {}))
    const admitted = roster.admit(9000, 32)
    expect(admitted?.forgotten?.number).toBe(7)
    expect(admitted?.contributor.number).toBe(MAX_KNOWN + 1)
    expect(roster.get(7)).toBeUndefined()
    expect(roster.get(8)).toBeDefined()
  })

  test('forgets those that were never counted before those that were', () => {
    const roster = full((number) => ({ roundsCounted: number === MAX_KNOWN ? 0 : 3 }))
    expect(roster.admit(9000, 32)?.forgotten?.number).toBe(MAX_KNOWN)
  })

  test('keeps who is here and who is banned, and lets nobody in when that is all', () => {
    const roster = full((number) => ({ banned: number > 1 }))
    const here = roster.get(1)
    if (here) here.connection = {} as Connection
    expect(roster.admit(9000, 32)).toBeNull()
    if (here) here.connection = null
    expect(roster.admit(9000, 32)?.forgotten?.number).toBe(1)
  })
})
