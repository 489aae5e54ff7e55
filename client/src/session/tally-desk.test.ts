import { VirtualClock } from '@quorate/shared/clock/virtual-clock'
import { demoSettings, runSettings } from '@quorate/shared/run/settings'
import { sliceRanges } from '@quorate/shared/tally/slices'
import { encodeBallot } from '@quorate/shared/wire/ballot'
import { decodeFrame, encodeFrame } from '@quorate/shared/wire/frame'
import { decodeTally } from '@quorate/shared/wire/tally'
import { describe, expect, test } from 'vitest'
import type { RunInfo } from './ports.ts'
import { TallyDesk } from './tally-desk.ts'

const settings = runSettings.parse({
  ...demoSettings,
  method: { id: 'signsgd-mv' },
  block: 64,
})
const run: RunInfo = { id: 'r', number: 1, settings, input: [1, 1, 1], classes: 2, d: 128 }
const slices = sliceRanges(run.d, 64, 2)

const opening = (attempt: number) => ({
  ...{ round: attempt, attempt, learningRateBits: 0, loaded: 0, share: 1, batch: 1 },
  group: [1, 2, 3].map((contributor) => ({ contributor, peer: null })),
  ...{ slices: 2, owners: [1, 2] },
  ...{ ballotDeadlineMs: 1000, tallyDeadlineMs: 2000, roundDeadlineMs: 3000 },
})

const ballot = (contributor: number, weights: Uint8Array | null = null) => {
  return { contributor, signs: Uint32Array.of(contributor, 0), weights }
}
const frame = (contributor: number, attempt: number, slice = 0, weights?: Uint8Array) =>
  encodeFrame(
    { kind: 'ballot', run: 1, round: attempt, attempt, slice },
    encodeBallot(ballot(contributor, weights), slices[slice] as (typeof slices)[0], 64),
  )

/** Contributor 1, owner of slice 0, in attempt 5. */
function scene() {
  const clock = new VirtualClock()
  const tallies: { attempt: number; slice: number; voters: readonly number[] }[] = []
  const desk = new TallyDesk({
    clock,
    send: (bytes) => {
      const { header, payload } = decodeFrame(bytes)
      const slice = slices[header.slice] as (typeof slices)[0]
      const { voters } = decodeTally(payload, { slice, block: 64, maxVoters: 32 })
      tallies.push({ attempt: header.attempt, slice: header.slice, voters })
    },
    mark: () => {},
  })
  const open = (attempt: number) => desk.open(run, opening(attempt), { self: 1, units: null })
  open(5)
  return { clock, desk, tallies, open }
}

describe('an owner', () => {
  test('sends its tally as soon as everybody has voted', () => {
    const { desk, tallies } = scene()
    desk.own(0, ballot(1))
    desk.frame(3, frame(3, 5))
    expect(tallies).toEqual([])
    desk.frame(2, frame(2, 5))
    expect(tallies).toEqual([{ attempt: 5, slice: 0, voters: [1, 2, 3] }])
  })

  test('at the deadline adds up what it has; what comes later is not counted', async () => {
    const { clock, desk, tallies } = scene()
    desk.frame(2, frame(2, 5))
    await clock.advance(1000)
    desk.frame(3, frame(3, 5))
    expect(tallies).toEqual([{ attempt: 5, slice: 0, voters: [2] }])
    expect(clock.pending).toBe(0)
  })

  test('does not wait for those who are excused, itself included', () => {
    const { desk, tallies } = scene()
    const excuse = { type: 'excuse' as const, round: 5, attempt: 5 }
    desk.frame(2, frame(2, 5))
    desk.excuse({ ...excuse, contributor: 3, slice: 0 })
    desk.excuse({ ...excuse, attempt: 4, contributor: 1, slice: null })
    expect(tallies).toEqual([])
    desk.excuse({ ...excuse, contributor: 1, slice: null })
    expect(tallies).toEqual([{ attempt: 5, slice: 0, voters: [2] }])
  })

  test('counts one ballot a member, refuses what breaks a rule, and waits for no other', () => {
    const { desk, tallies } = scene()
    desk.own(0, ballot(1))
    desk.frame(2, frame(2, 5))
    desk.frame(2, frame(2, 5))
    desk.frame(9, frame(9, 5))
    desk.frame(2, frame(2, 5, 1))
    desk.frame(2, new Uint8Array(7))
    expect(desk.refused).toBe(3)
    desk.frame(3, frame(3, 5, 0, Uint8Array.of(9)))
    expect(desk.refused).toBe(4)
    expect(tallies).toEqual([{ attempt: 5, slice: 0, voters: [1, 2] }])
  })

  test('keeps ballots that come before its opening, and no sender crowds out another', () => {
    const { desk, tallies, open } = scene()
    desk.frame(2, frame(2, 6))
    for (let attempt = 100; attempt < 500; attempt++) desk.frame(3, frame(3, attempt))
    desk.frame(3, frame(3, 6))
    open(6)
    desk.own(0, ballot(1))
    expect(tallies).toEqual([{ attempt: 6, slice: 0, voters: [1, 2, 3] }])
  })

  test('forgets the round before, and with the desk closed nothing is sent', async () => {
    const { clock, desk, tallies, open } = scene()
    desk.own(0, ballot(1))
    open(6)
    desk.frame(2, frame(2, 5))
    desk.close()
    await clock.advance(5000)
    expect(tallies).toEqual([])
    expect(clock.pending).toBe(0)
  })
})
