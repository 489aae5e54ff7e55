import { methodSettings } from '@quorate/shared/methods/settings'
import type { RoundPlan } from '@quorate/shared/round/round'
import { tallySlice } from '@quorate/shared/tally/count'
import { sliceRanges } from '@quorate/shared/tally/slices'
import { encodeBallot } from '@quorate/shared/wire/ballot'
import type { FrameKind } from '@quorate/shared/wire/frame'
import { encodeTally } from '@quorate/shared/wire/tally'
import { describe, expect, test } from 'vitest'
import { RoundAtWork } from './round-at-work.ts'
import { SignRoom } from './sign-room.ts'
import type { RoundMessage } from './round-at-work.ts'

const D = 128
const slices = sliceRanges(D, 64, 2)
const vote = (contributor: number) => {
  return { contributor, signs: Uint32Array.of(0xffffffff, contributor), weights: null }
}

/** Contributors 1 and 2 own a slice each; 3 is a group of its own. */
function scene() {
  const plan: RoundPlan = {
    ...{ round: 4, attempt: 9, sliceCount: 2, minVoters: 1 },
    ...{ ballotsUntilMs: 1000, talliesUntilMs: 2000, closesAtMs: 3000 },
    groups: [
      { members: [1, 2], owners: [1, 2] },
      { members: [3], owners: [3, 3] },
    ],
  }
  const told: { to: readonly number[]; message: RoundMessage }[] = []
  let closed = 0
  const work = new RoundAtWork(
    {
      ...{ plan, openedAtMs: 0, learningRate: 0.5, units: null },
      method: methodSettings.parse({ id: 'signsgd-mv' }),
    },
    { d: D, block: 64, tensors: [], seed: 1, form: null, room: new SignRoom() },
    { tell: (to, message) => told.push({ to, message }), closed: () => closed++ },
  )
  const send = (kind: FrameKind, from: number, slice: number, payload: Uint8Array) =>
    work.frame(from, { header: { kind, run: 1, round: 4, attempt: 9, slice }, payload }, 10)
  const at = (slice: number) => slices[slice] as (typeof slices)[0]
  const ballot = (from: number, slice: number) =>
    send('ballot', from, slice, encodeBallot(vote(from), at(slice), 64))
  const tally = (from: number, slice: number, voters: number[]) =>
    send('tally', from, slice, encodeTally(tallySlice(at(slice), 64, voters.map(vote))))
  return { work, told, ballot, tally, send, closed: () => closed }
}

describe('a round at work', () => {
  test('adds up tallies and direct ballots of all groups, and closes once', () => {
    const { work, ballot, tally, closed } = scene()
    ballot(3, 0)
    ballot(3, 1)
    tally(1, 0, [1, 2])
    expect(closed()).toBe(0)
    expect(tally(2, 1, [1, 2])).toEqual({ kind: 'kept' })
    expect(closed()).toBe(1)
    const { record, outcome } = work.result()
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

  test('the owner of a relayed slice is told not to wait, and loses its slice by leaving', () => {
    const { work, ballot, tally, told } = scene()
    ballot(2, 0)
    expect(told).toMatchObject([{ to: [1], message: { type: 'excuse', contributor: 2, slice: 0 } }])
    work.left(1, 20)
    expect(told.slice(1)).toMatchObject([{ to: [2], message: { type: 'excuse', contributor: 1 } }])
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
