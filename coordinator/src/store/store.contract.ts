import { demoSettings, runSettings } from '@quorate/shared/run/settings'
import type { EventView, RoundMetrics } from '@quorate/shared/api/api'
import { describe, expect, test } from 'vitest'
import type { Store, StoredCheckpoint, StoredContributor, StoredRun } from '../training/ports.ts'
import { EVENTS_KEPT } from './limits.ts'
import type { PublicBlobs } from './public-blobs.ts'

export interface StoreUnderTest {
  readonly store: Store & PublicBlobs
  /** The store as the next process finds it, or the same one where there is no disk. */
  reopen(): Promise<Store & PublicBlobs>
  dispose(): Promise<void>
}

/** What every implementation of `Store` does. */
export function storeContract(name: string, make: () => Promise<StoreUnderTest>): void {
  const withStore = (claim: string, body: (under: StoreUnderTest) => Promise<void>) =>
    test(claim, async () => {
      const under = await make()
      try {
        await body(under)
      } finally {
        await under.dispose()
      }
    })

  describe(`${name} as a store`, () => {
    withStore('an invite code is kept, and can be taken away again', async (under) => {
      await under.store.insertRun({ ...run('a'), invite: 'first' })
      expect((await under.store.listRuns())[0]?.invite).toBe('first')
      await under.store.saveInvite('a', 'second')
      const store = await under.reopen()
      expect((await store.listRuns())[0]?.invite).toBe('second')
      await store.saveInvite('a', null)
      expect((await store.listRuns())[0]?.invite).toBeNull()
      await expect(store.saveInvite('b', 'x')).rejects.toThrow()
    })

    withStore('a run comes back as it was inserted, numbered from 1', async (under) => {
      const first = await under.store.insertRun(run('a'))
      const second = await under.store.insertRun(run('b'))
      expect([first.number, second.number]).toEqual([1, 2])
      const store = await under.reopen()
      expect(await store.listRuns()).toEqual([first, second])
    })

    withStore('the number of a deleted run is not used again', async ({ store }) => {
      await store.insertRun(run('a'))
      await store.insertRun(run('b'))
      await store.deleteRun('b')
      expect((await store.insertRun(run('c'))).number).toBe(3)
    })

    withStore('the state of a run is kept', async (under) => {
      await under.store.insertRun(run('a'))
      await under.store.saveRunState('a', { kind: 'waiting', need: 2, have: 1 }, 77)
      const [stored] = await (await under.reopen()).listRuns()
      expect(stored?.state).toEqual({ kind: 'waiting', need: 2, have: 1 })
      expect(stored?.startedAtMs).toBe(77)
    })

    withStore('reserved attempts only grow', async (under) => {
      await under.store.insertRun(run('a'))
      await under.store.reserveAttempts('a', 64)
      await under.store.reserveAttempts('a', 32)
      const [stored] = await (await under.reopen()).listRuns()
      expect(stored?.attemptsReserved).toBe(64)
    })

    withStore(
      'what concerns an unknown run is refused, and reading it is empty',
      async ({ store }) => {
        await expect(store.saveRunState('x', { kind: 'created' }, null)).rejects.toThrow()
        await expect(store.reserveAttempts('x', 1)).rejects.toThrow()
        await expect(store.appendRounds('x', [metrics(0)])).rejects.toThrow()
        await expect(store.appendEvent('x', event(0))).rejects.toThrow()
        expect(await store.rounds('x', { from: 0, to: 9, limit: 9 })).toEqual([])
        expect(await store.events('x', 5)).toEqual([])
        expect(await store.shards('x')).toEqual([])
      },
    )

    withStore('rounds come back ascending, within the range', async ({ store }) => {
      await store.insertRun(run('a'))
      await store.appendRounds('a', [metrics(2), metrics(0), metrics(1), metrics(3)])
      expect(await store.rounds('a', { from: 1, to: 2, limit: 100 })).toEqual([
        metrics(1),
        metrics(2),
      ])
    })

    withStore('a round written twice is there once, as written last', async ({ store }) => {
      await store.insertRun(run('a'))
      await store.appendRounds('a', [metrics(0)])
      await store.appendRounds('a', [{ ...metrics(0), voters: 9 }, metrics(1)])
      const rounds = await store.rounds('a', { from: 0, to: 9, limit: 9 })
      expect(rounds.map(({ voters }) => voters)).toEqual([9, 3])
    })

    withStore('an evaluation shows in its round, whichever came first', async ({ store }) => {
      await store.insertRun(run('a'))
      await store.saveEvaluation('a', 1, { accuracy: 0.5, loss: 2 })
      await store.appendRounds('a', [metrics(0), metrics(1)])
      await store.saveEvaluation('a', 0, { accuracy: 0.25, loss: 3 })
      const rounds = await store.rounds('a', { from: 0, to: 9, limit: 9 })
      expect(rounds.map(({ accuracy, loss }) => [accuracy, loss])).toEqual([
        [0.25, 3],
        [0.5, 2],
      ])
    })

    withStore('too many rounds are thinned evenly, evaluated ones preferred', async ({ store }) => {
      await store.insertRun(run('a'))
      await store.appendRounds(
        'a',
        Array.from({ length: 100 }, (_, round) => metrics(round)),
      )
      await store.saveEvaluation('a', 11, { accuracy: 0.5, loss: 2 })
      const rounds = await store.rounds('a', { from: 0, to: 99, limit: 10 })
      expect(rounds.map(({ round }) => round)).toEqual([9, 11, 29, 39, 49, 59, 69, 79, 89, 99])
      const odd = await store.rounds('a', { from: 0, to: 99, limit: 33 })
      expect(odd).toHaveLength(33)
      expect(odd.at(-1)?.round).toBe(99)
    })

    withStore('a range with holes is thinned by its rounds', async ({ store }) => {
      await store.insertRun(run('a'))
      await store.insertRun(run('b'))
      await store.appendRounds('a', [0, 1, 2, 50, 98, 99].map(metrics))
      await store.appendRounds('b', [60, 70].map(metrics))
      const of = async (limit: number) =>
        (await store.rounds('a', { from: 0, to: 1e9, limit })).map(({ round }) => round)
      expect(await of(4)).toEqual([2, 50, 99])
      expect(await of(100)).toEqual([0, 1, 2, 50, 98, 99])
      expect(await of(1)).toEqual([99])
      await store.saveEvaluation('a', 0, { accuracy: 0.5, loss: 2 })
      expect(await of(4)).toEqual([0, 50, 99])
    })

    withStore('the latest evaluation is the one of the last round', async ({ store }) => {
      await store.insertRun(run('a'))
      expect(await store.latestEvaluation('a')).toBeNull()
      await store.saveEvaluation('a', 10, { accuracy: 0.5, loss: 2 })
      await store.saveEvaluation('a', 9, { accuracy: 0.25, loss: 3 })
      expect(await store.latestEvaluation('a')).toEqual({ round: 10, accuracy: 0.5, loss: 2 })
    })

    withStore('events come newest first, and the oldest go', async ({ store }) => {
      await store.insertRun(run('a'))
      for (let at = 0; at < 5; at++) await store.appendEvent('a', event(at))
      expect(await store.events('a', 2)).toEqual([event(4), event(3)])
      expect(EVENTS_KEPT).toBeGreaterThan(5)
    })

    withStore('a contributor is saved over itself', async (under) => {
      await under.store.insertRun(run('a'))
      await under.store.saveContributor('a', contributor(2))
      await under.store.saveContributor('a', contributor(1))
      await under.store.saveContributor('a', { ...contributor(2), banned: true, roundsCounted: 5 })
      expect(await (await under.reopen()).contributors('a')).toEqual([
        contributor(1),
        { ...contributor(2), banned: true, roundsCounted: 5 },
      ])
    })

    withStore('a contributor that is forgotten is gone, and no other', async (under) => {
      await under.store.insertRun(run('a'))
      await under.store.insertRun(run('b'))
      for (const id of ['a', 'b']) await under.store.saveContributor(id, contributor(1))
      await under.store.saveContributor('a', contributor(2))
      await under.store.forgetContributor('a', 1)
      const store = await under.reopen()
      expect(await store.contributors('a')).toEqual([contributor(2)])
      expect(await store.contributors('b')).toEqual([contributor(1)])
    })

    withStore('checkpoints come ascending; one written again replaces', async (under) => {
      await under.store.insertRun(run('a'))
      await under.store.insertCheckpoint('a', checkpoint(100))
      await under.store.insertCheckpoint('a', checkpoint(0))
      await under.store.insertCheckpoint('a', { ...checkpoint(100), createdAtMs: 5 })
      expect(await (await under.reopen()).checkpoints('a')).toEqual([
        checkpoint(0),
        { ...checkpoint(100), createdAtMs: 5 },
      ])
    })

    withStore('a checkpoint that is deleted is neither listed nor shown', async (under) => {
      const { store } = under
      await store.insertRun(run('a'))
      for (const round of [0, 100, 200]) await store.insertCheckpoint('a', checkpoint(round))
      await store.insertShards('a', [shard(0)])
      await store.deleteCheckpoint('a', 100)
      expect(await (await under.reopen()).checkpoints('a')).toEqual([
        checkpoint(0),
        checkpoint(200),
      ])
    })

    withStore('blobs in use are chunks, checkpoints and states of all runs', async ({ store }) => {
      await store.insertRun(run('a'))
      for (const round of [0, 100]) await store.insertCheckpoint('a', checkpoint(round))
      await store.insertShards('a', [shard(0)])
      await store.deleteCheckpoint('a', 0)
      const used = [digest('chunk', 0), digest('blob', 100), digest('state', 100)]
      expect(await store.blobsInUse()).toEqual(new Set(used))
      expect(await store.publicBlob(digest('blob', 0))).toBeNull()
      expect(await store.publicBlob(digest('chunk', 0))).toEqual({ kind: 'chunk' })
    })

    withStore('the last round is the last one that has figures', async ({ store }) => {
      await store.insertRun(run('a'))
      expect(await store.lastRound('a')).toBeNull()
      await store.appendRounds('a', [metrics(7), metrics(3)])
      expect(await store.lastRound('a')).toBe(7)
    })

    withStore('shards are written once', async (under) => {
      await under.store.insertRun(run('a'))
      const shards = [shard(0), shard(1)]
      await under.store.insertShards('a', shards)
      await expect(under.store.insertShards('a', shards)).rejects.toThrow()
      expect(await (await under.reopen()).shards('a')).toEqual(shards)
    })

    withStore(
      'only chunks and checkpoints are public, as long as a run has them',
      async (under) => {
        const { store } = under
        await store.insertRun(run('a'))
        await store.insertRun(run('b'))
        await store.insertShards('a', [shard(0)])
        await store.insertShards('b', [shard(0)])
        await store.insertCheckpoint('a', checkpoint(100))
        expect(await store.publicBlob(digest('chunk', 0))).toEqual({ kind: 'chunk' })
        expect(await store.publicBlob(digest('blob', 100))).toEqual({ kind: 'checkpoint' })
        expect(await store.publicBlob(digest('state', 100))).toBeNull()
        await store.deleteRun('a')
        expect(await store.publicBlob(digest('chunk', 0))).toEqual({ kind: 'chunk' })
        expect(await store.publicBlob(digest('blob', 100))).toBeNull()
        await store.deleteRun('b')
        expect(await store.publicBlob(digest('chunk', 0))).toBeNull()
      },
    )

    withStore('a deleted run leaves nothing behind', async ({ store }) => {
      await store.insertRun(run('a'))
      await store.appendRounds('a', [metrics(0)])
      await store.saveEvaluation('a', 0, { accuracy: 1, loss: 0 })
      await store.appendEvent('a', event(0))
      await store.saveContributor('a', contributor(1))
      await store.deleteRun('a')
      await store.insertRun(run('a'))
      expect(await store.rounds('a', { from: 0, to: 9, limit: 9 })).toEqual([])
      expect(await store.events('a', 9)).toEqual([])
      expect(await store.contributors('a')).toEqual([])
    })
  })
}

function run(id: string): Omit<StoredRun, 'number'> {
  return {
    id,
    settings: runSettings.parse(demoSettings),
    state: { kind: 'created' },
    createdAtMs: 1,
    startedAtMs: null,
    attemptsReserved: 0,
    invite: null,
  }
}

function metrics(round: number): RoundMetrics {
  return {
    round,
    attempts: 1,
    voters: 3,
    expected: 4,
    learningRate: 0.001,
    durationMs: 251.5,
    exchangeMs: 100,
    decideMs: 2,
    ballotBytes: 12_000,
    tallyBytes: 15_000,
    verdictBytes: 3200,
    slicesDirect: 10,
    slicesRelayed: 2,
    lateBallots: 0,
    agreement: 0.75,
    accuracy: null,
    loss: null,
  }
}

function event(atMs: number): EventView {
  return { atMs, level: 'info', code: 'joined', text: 'hi', round: null, contributor: 'brave newt' }
}

function contributor(number: number): StoredContributor {
  return {
    number,
    id: `id-${number}`,
    name: 'brave newt',
    tokenHash: digest('token', number),
    joinedAtMs: 1,
    lastSeenMs: 2,
    shards: [{ shard: 3, chunks: [digest('chunk', 3)] }],
    roundsCounted: 0,
    roundsMissed: 0,
    savedAtRound: 0,
    banned: false,
  }
}

function checkpoint(round: number): StoredCheckpoint {
  return {
    round,
    digest: digest('replica', round),
    blob: digest('blob', round),
    sizeBytes: 101_770,
    stateBlob: digest('state', round),
    createdAtMs: 3,
  }
}

function shard(number: number) {
  return {
    shard: number,
    chunks: [{ digest: digest('chunk', number), records: 500, sizeBytes: 392_500 }],
    labels: [500, 0],
  }
}

function digest(kind: string, number: number): string {
  return Buffer.from(`${kind} ${number}`.padEnd(32, '.')).toString('hex')
}
