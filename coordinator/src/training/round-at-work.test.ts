import { methodSettings } from '@quorate/shared/methods/settings'
import type { RoundPlan } from '@quorate/shared/round/round'
import { tallySlice } from '@quorate/shared/tally/count'
import { sliceRanges } from '@quorate/shared/tally/slices'
import { digestOfTally, encodeAudit, encodeSignedTally } from '@quorate/shared/wire/audit'
import { encodeBallot } from '@quorate/shared/wire/ballot'
import type { ProvenBallot } from '@quorate/shared/wire/ballot'
import type { FrameKind } from '@quorate/shared/wire/frame'
import { keysOf, signBallot } from '@quorate/shared/wire/proven.fixture'
import { describe, expect, test } from 'vitest'
import { RoundAtWork } from './round-at-work.ts'
import { SignRoom } from './sign-room.ts'
import type { RoundMessage } from './round-at-work.ts'

const D = 128
const slices = sliceRanges(D, 64, 2)
const vote = (contributor: number) => {
  return { contributor, signs: Uint32Array.of(0xffffffff, contributor), weights: null }
}

const at = { run: 'r', round: 4, attempt: 9, slices, block: 64 }
const cast = (contributor: number, signs = vote(contributor)) =>
  signBallot(contributor, [signs, signs], at)
const honest = new Map(
  await Promise.all(
    [1, 2].map(async (contributor) => [contributor, await cast(contributor)] as const),
  ),
)

/** Contributors 1 and 2 own a slice each, and audit the other's; 3 is a group of its own. */
function scene(recounts: readonly number[] = []) {
  const plan: RoundPlan = {
    ...{ round: 4, attempt: 9, sliceCount: 2, minVoters: 1 },
    ...{ ballotsUntilMs: 1000, talliesUntilMs: 2000, auditsUntilMs: 2500, closesAtMs: 3000 },
    groups: [
      { members: [1, 2], owners: [1, 2], auditors: [2, 1], recounts },
      { members: [3], owners: [3, 3], auditors: [], recounts: [] },
    ],
  }
  const told: { to: readonly number[]; message: RoundMessage }[] = []
  let closed = 0
  const work = new RoundAtWork(
    {
      ...{ plan, openedAtMs: 0, learningRate: 0.5, units: null },
      method: methodSettings.parse({ id: 'signsgd-mv' }),
    },
    {
      ...{ d: D, block: 64, tensors: [], seed: 1, form: null, room: new SignRoom(), run: 'r' },
      keyOf: (contributor) => keysOf(contributor).signer.publicKey,
    },
    { tell: (to, message) => told.push({ to, message }), closed: () => closed++ },
  )
  const send = (kind: FrameKind, from: number, slice: number, payload: Uint8Array) =>
    work.frame(from, { header: { kind, run: 1, round: 4, attempt: 9, slice }, payload }, 10)
  const range = (slice: number) => slices[slice] as (typeof slices)[0]
  const ballot = (from: number, slice: number) => {
    const payload = honest.get(from)?.payloads[slice] ?? encodeBallot(vote(from), range(slice), 64)
    return send('ballot', from, slice, payload)
  }
  const sum = (slice: number, voters: readonly number[], signs = vote) =>
    tallySlice(range(slice), 64, voters.map(signs))
  const signed = (slice: number, voters: readonly number[]) =>
    voters.map(
      (voter) => ((honest.get(voter) ?? honest.get(1))?.proven[slice] as ProvenBallot).signed,
    )
  const tally = (from: number, slice: number, voters: number[], signs = vote) => {
    const payload = encodeSignedTally(sum(slice, voters, signs), signed(slice, voters), 2)
    return send('tally', from, slice, payload)
  }
  const audit = (from: number, slice: number, voters: number[], signs = vote) => {
    const digest = digestOfTally(sum(slice, voters, signs))
    return send('audit', from, slice, encodeAudit({ voters, digest }, [1, 2]))
  }
  return { work, told, ballot, tally, audit, send, closed: () => closed }
}

describe('a round at work', () => {
  test('adds up tallies and direct ballots of all groups, and closes once', () => {
    const { work, ballot, tally, audit, closed } = scene()
    ballot(3, 0)
    ballot(3, 1)
    tally(1, 0, [1, 2])
    audit(2, 0, [1, 2])
    expect(tally(2, 1, [1, 2])).toEqual({ kind: 'kept' })
    expect(closed()).toBe(0)
    audit(1, 1, [1, 2])
    expect(closed()).toBe(1)
    const { record, outcome, faults } = work.result()
    expect(faults).toEqual([])
    expect(outcome.map(({ voters }) => voters)).toEqual([
      [1, 2, 3],
      [1, 2, 3],
    ])
    expect(record.kind === 'round' && record.tally.slices[0]?.sums[0]).toBe(3)
    expect(work.cameHere()).toEqual({ relayed: 0, alone: 2 })
  })

  test('a ballot that came to the owner and here is counted once', () => {
    const { work, ballot, tally } = scene()
    ballot(2, 0)
    tally(1, 0, [1, 2])
    expect(work.result().record).toMatchObject({ tally: { slices: [{ voters: [1, 2] }, {}] } })
    expect(ballot(2, 0)).toEqual({ kind: 'dropped', code: 'DUPLICATE' })
  })

  describe('counts again', () => {
    const lie = (contributor: number) => {
      return { contributor, signs: Uint32Array.of(0, 0), weights: null }
    }
    const sumOf = (work: RoundAtWork, slice: number) => {
      const { record, outcome, faults } = work.result()
      const sums = record.kind === 'round' ? record.tally.slices[slice]?.sums[0] : undefined
      return { sum: sums, audit: outcome[slice]?.groups[0]?.audit, faults }
    }

    test('where reports differ, and blames the owner that summed up something else', () => {
      const { work, ballot, tally, audit, told } = scene()
      tally(1, 0, [1, 2], lie)
      audit(2, 0, [1, 2])
      expect(told).toMatchObject([
        { to: [2], message: { type: 'recall', slice: 0 } },
        { to: [1, 2], message: { type: 'resend', slice: 0 } },
      ])
      ballot(1, 0)
      ballot(2, 0)
      expect(tally(2, 0, [1, 2])).toEqual({ kind: 'kept' })
      expect(sumOf(work, 0)).toEqual({
        sum: 2,
        audit: 'disagreed',
        faults: [{ contributor: 1, code: 'TALLY_WRONG', detail: expect.any(String) as string }],
      })
    })

    test('and blames the auditor whose sum is not that of its own ballots', () => {
      const { work, ballot, tally, audit } = scene()
      tally(1, 0, [1, 2])
      audit(2, 0, [1, 2], lie)
      ballot(1, 0)
      ballot(2, 0)
      tally(2, 0, [1, 2], lie)
      expect(sumOf(work, 0)).toMatchObject({
        sum: 2,
        faults: [{ contributor: 2, code: 'AUDIT_WRONG' }],
      })
    })

    test('and blames nobody where a voter does not answer', () => {
      const { work, ballot, tally, audit } = scene()
      tally(1, 0, [1, 2], lie)
      audit(2, 0, [1, 2])
      ballot(1, 0)
      expect(sumOf(work, 0)).toMatchObject({ sum: 1, faults: [] })
    })

    test('and blames the voter who signed two ballots, not its owner', async () => {
      const { work, ballot, tally, audit, send } = scene()
      tally(1, 0, [1, 2])
      const second = await cast(2, lie(2))
      audit(2, 0, [1, 2], (voter) => (voter === 2 ? lie(2) : vote(voter)))
      ballot(1, 0)
      send('ballot', 2, 0, second.payloads[0] as Uint8Array)
      expect(sumOf(work, 0)).toMatchObject({
        sum: 0,
        faults: [{ contributor: 2, code: 'EQUIVOCATION' }],
      })
    })

    test('and blames a voter whose signature does not hold', async () => {
      const { work, ballot, tally, audit, send } = scene()
      tally(1, 0, [1, 2], lie)
      audit(2, 0, [1, 2])
      ballot(1, 0)
      const { payloads } = await signBallot(1, [vote(2), vote(2)], at)
      send('ballot', 2, 0, payloads[0] as Uint8Array)
      expect(sumOf(work, 0).faults).toMatchObject([{ contributor: 2, code: 'BALLOT_UNSIGNED' }])
    })

    test('what the plan says, and finds owner and auditor who lie together', () => {
      const { work, ballot, tally, audit, told } = scene([0])
      tally(1, 0, [1, 2], lie)
      audit(2, 0, [1, 2], lie)
      expect(told).toMatchObject([
        { to: [2], message: { type: 'recall', slice: 0 } },
        { to: [1, 2], message: { type: 'resend', slice: 0 } },
      ])
      ballot(1, 0)
      ballot(2, 0)
      tally(2, 0, [1, 2], lie)
      expect(sumOf(work, 0)).toMatchObject({
        sum: 2,
        audit: 'recounted',
        faults: [
          { contributor: 1, code: 'TALLY_WRONG' },
          { contributor: 2, code: 'AUDIT_WRONG' },
        ],
      })
    })

    test('and blames an owner that lists a ballot which its voter has not signed', () => {
      const { work, ballot, audit, send } = scene()
      const sum = tallySlice(slices[0] as (typeof slices)[0], 64, [1, 2].map(lie))
      const listed = [1, 2].map((voter) => {
        const { signed } = honest.get(voter)?.proven[0] as ProvenBallot
        return voter === 2 ? { ...signed, digest: new Uint8Array(16) } : signed
      })
      send('tally', 1, 0, encodeSignedTally(sum, listed, 2))
      audit(2, 0, [1, 2])
      ballot(1, 0)
      ballot(2, 0)
      expect(sumOf(work, 0).faults).toMatchObject([{ contributor: 1, code: 'TALLY_WRONG' }])
    })

    test('and blames a voter of whom both list another ballot, though it does not answer', async () => {
      const { work, ballot, tally, audit, send } = scene()
      tally(1, 0, [1, 2])
      audit(2, 0, [1, 2], (voter) => (voter === 2 ? lie(2) : vote(voter)))
      const second = await cast(2, lie(2))
      const sum = tallySlice(slices[0] as (typeof slices)[0], 64, [vote(1), lie(2)])
      const listed = [honest.get(1)?.proven[0] as ProvenBallot, second.proven[0] as ProvenBallot]
      const signed = listed.map((one) => one.signed)
      send('tally', 2, 0, encodeSignedTally(sum, signed, 2))
      ballot(1, 0)
      expect(sumOf(work, 0).faults).toMatchObject([{ contributor: 2, code: 'EQUIVOCATION' }])
    })

    test('nothing where a lost ballot explains the difference', () => {
      const { work, ballot, tally, audit, told } = scene()
      tally(1, 0, [1, 2])
      audit(2, 0, [1])
      expect(told).toMatchObject([{ to: [2], message: { type: 'resend', slice: 0 } }])
      ballot(2, 0)
      expect(told).toHaveLength(1)
      expect(sumOf(work, 0)).toMatchObject({ sum: 2, audit: 'agreed', faults: [] })
    })

    test('all where a lost ballot does not explain the difference', () => {
      const { work, ballot, tally, audit, told } = scene()
      tally(1, 0, [1, 2], (voter) => (voter === 1 ? lie(1) : vote(voter)))
      audit(2, 0, [1])
      ballot(2, 0)
      expect(told.at(-1)).toMatchObject({ to: [1], message: { type: 'resend', slice: 0 } })
      ballot(1, 0)
      expect(sumOf(work, 0)).toMatchObject({
        sum: 2,
        faults: [{ contributor: 1, code: 'TALLY_WRONG' }],
      })
    })
  })

  test('the owner of a relayed slice is told not to wait, and loses its slice by leaving', () => {
    const { work, ballot, tally, told } = scene()
    ballot(2, 0)
    expect(told).toMatchObject([{ to: [1], message: { type: 'excuse', contributor: 2, slice: 0 } }])
    work.left(1, 20)
    const messages = told.slice(1)
    expect(messages).toMatchObject([
      { to: [2], message: { type: 'excuse', contributor: 1 } },
      { to: [2], message: { type: 'recall', slice: 0 } },
    ])
    expect(tally(1, 0, [1, 2])).toEqual({ kind: 'dropped', code: 'LATE' })
  })

  test('who abstains owes nothing; who was late has missed the round', () => {
    const { work } = scene()
    work.abstained(1, 20)
    work.late(2, 20)
    expect([1, 2, 3].map((contributor) => work.owed(contributor))).toEqual([false, true, true])
  })

  test('frames of strangers, of slices that there are not, and of others are offences', () => {
    const { ballot, tally, send } = scene()
    expect(ballot(8, 0)).toMatchObject({ kind: 'offence', code: 'NOT_IN_ROSTER' })
    expect(send('ballot', 1, 2, new Uint8Array(9))).toMatchObject({ code: 'FRAME_SLICE' })
    expect(tally(1, 1, [1, 2])).toMatchObject({ code: 'NOT_OWNER' })
    expect(tally(1, 0, [1, 3])).toMatchObject({ code: 'VOTERS_NOT_IN_GROUP' })
    expect(send('tally', 1, 0, new Uint8Array(2))).toMatchObject({ code: 'FRAME_PAYLOAD' })
  })
})
