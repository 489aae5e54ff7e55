import { VirtualClock } from '@quorate/shared/clock/virtual-clock'
import { demoSettings, runSettings } from '@quorate/shared/run/settings'
import { sliceRanges } from '@quorate/shared/tally/slices'
import { decodeAudit, decodeSignedTally } from '@quorate/shared/wire/audit'
import type { ProvenBallot } from '@quorate/shared/wire/ballot'
import { decodeFrame, encodeFrame } from '@quorate/shared/wire/frame'
import { keysOf, signBallot } from '@quorate/shared/wire/proven.fixture'
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
  group: [1, 2, 3].map((contributor) => {
    return { contributor, peer: null, key: keysOf(contributor).signer.publicKey }
  }),
  ...{ slices: 2, owners: [1, 2], auditors: [2, 1] },
  ...{ ballotDeadlineMs: 1000, tallyDeadlineMs: 2000, roundDeadlineMs: 3000 },
})

const cast = (
  contributor: number,
  attempt: number,
  { weights = null, by = contributor }: { weights?: Uint8Array | null; by?: number } = {},
) => {
  const ballot = { contributor, signs: Uint32Array.of(contributor, 0), weights }
  return signBallot(by, [ballot, ballot], {
    ...{ run: 'r', round: attempt, attempt, slices, block: 64 },
  })
}
/** What of contributor `contributor` comes to the desk. */
const frame = async (
  contributor: number,
  attempt: number,
  slice = 0,
  how: Parameters<typeof cast>[2] = {},
) => {
  const { payloads } = await cast(contributor, attempt, how)
  const header = { kind: 'ballot', run: 1, round: attempt, attempt, slice } as const
  return encodeFrame(header, payloads[slice] as Uint8Array)
}
const settled = () => new Promise((resolve) => setTimeout(resolve, 0))

/** Contributor 1, owner of slice 0 and auditor of slice 1, in attempt 5. */
function scene() {
  const clock = new VirtualClock()
  const tallies: { attempt: number; slice: number; voters: readonly number[] }[] = []
  const digests: string[] = []
  const audits: { slice: number; voters: readonly number[]; digest: string }[] = []
  const desk = new TallyDesk({
    clock,
    send: (bytes) => {
      const { header, payload } = decodeFrame(bytes)
      if (header.kind === 'audit') {
        audits.push({ slice: header.slice, ...decodeAudit(payload, [1, 2, 3]) })
        return
      }
      const slice = slices[header.slice] as (typeof slices)[0]
      const expect = { slice, block: 64, maxVoters: 32, slices: 2 }
      const { tally, digest } = decodeSignedTally(payload, expect)
      tallies.push({ attempt: header.attempt, slice: header.slice, voters: tally.voters })
      digests.push(digest)
    },
    mark: () => {},
    verify: keysOf(1).verify,
  })
  const open = (attempt: number) => desk.open(run, opening(attempt), { self: 1, units: null })
  open(5)
  const own = async (slice: number, attempt = 5) => {
    const { proven } = await cast(1, attempt)
    const { ballot, signed } = proven[slice] as ProvenBallot
    desk.own(slice, ballot, signed)
  }
  const hear = async (from: number, bytes: Uint8Array | Promise<Uint8Array>) => {
    desk.frame(from, await bytes)
    await settled()
  }
  return { clock, desk, tallies, digests, audits, open, own, hear }
}

describe('an owner', () => {
  test('sends its tally as soon as everybody has voted', async () => {
    const { tallies, own, hear } = scene()
    await own(0)
    await hear(3, frame(3, 5))
    expect(tallies).toEqual([])
    await hear(2, frame(2, 5))
    expect(tallies).toEqual([{ attempt: 5, slice: 0, voters: [1, 2, 3] }])
  })

  test('at the deadline adds up what it has; what comes later is not counted', async () => {
    const { clock, tallies, hear } = scene()
    await hear(2, frame(2, 5))
    await clock.advance(1000)
    await hear(3, frame(3, 5))
    expect(tallies).toEqual([{ attempt: 5, slice: 0, voters: [2] }])
    expect(clock.pending).toBe(0)
  })

  test('does not wait for those who are excused, itself included', async () => {
    const { desk, tallies, hear } = scene()
    const excuse = { type: 'excuse' as const, round: 5, attempt: 5 }
    await hear(2, frame(2, 5))
    desk.excuse({ ...excuse, contributor: 3, slice: 0 })
    desk.excuse({ ...excuse, attempt: 4, contributor: 1, slice: null })
    expect(tallies).toEqual([])
    desk.excuse({ ...excuse, contributor: 1, slice: null })
    expect(tallies).toEqual([{ attempt: 5, slice: 0, voters: [2] }])
  })

  test('counts one ballot a member, refuses what breaks a rule, and waits for no other', async () => {
    const { desk, tallies, own, hear } = scene()
    await own(0)
    await hear(2, frame(2, 5))
    await hear(2, frame(2, 5))
    await hear(9, frame(9, 5))
    await hear(2, new Uint8Array(7))
    expect(desk.refused).toBe(2)
    await hear(3, frame(3, 5, 0, { weights: Uint8Array.of(9) }))
    expect(desk.refused).toBe(3)
    expect(tallies).toEqual([{ attempt: 5, slice: 0, voters: [1, 2] }])
  })

  test('keeps ballots that come before its opening, and no sender crowds out another', async () => {
    const { tallies, open, own, hear } = scene()
    await hear(2, frame(2, 6))
    for (let attempt = 100; attempt < 500; attempt++) await hear(3, frame(3, attempt))
    await hear(3, frame(3, 6))
    open(6)
    await own(0, 6)
    await settled()
    expect(tallies).toEqual([{ attempt: 6, slice: 0, voters: [1, 2, 3] }])
  })

  test('forgets the round before, and with the desk closed nothing is sent', async () => {
    const { clock, desk, tallies, open, own, hear } = scene()
    await own(0)
    open(6)
    await hear(2, frame(2, 5))
    desk.close()
    await clock.advance(5000)
    expect(tallies).toEqual([])
    expect(clock.pending).toBe(0)
  })
})

describe('a reckoner of slices', () => {
  test('counts no ballot that its voter has not signed, and waits for no other', async () => {
    const { desk, tallies, own, hear } = scene()
    await own(0)
    await hear(2, frame(2, 5, 0, { by: 3 }))
    expect(desk.refused).toBe(1)
    const replayed = decodeFrame(await frame(3, 4)).payload
    await hear(3, encodeFrame({ kind: 'ballot', run: 1, round: 5, attempt: 5, slice: 0 }, replayed))
    expect(desk.refused).toBe(2)
    expect(tallies).toEqual([{ attempt: 5, slice: 0, voters: [1] }])
  })

  test('as auditor says only what digest its tally has, which is the owner’s', async () => {
    const { desk, tallies, digests, audits, own, hear } = scene()
    await hear(2, frame(2, 5, 1))
    await hear(3, frame(3, 5, 1))
    await own(1)
    expect(tallies).toEqual([])
    expect(audits).toMatchObject([{ slice: 1, voters: [1, 2, 3] }])
    desk.recall({ type: 'recall', round: 5, attempt: 5, slice: 1 })
    desk.recall({ type: 'recall', round: 5, attempt: 5, slice: 1 })
    expect(tallies).toEqual([{ attempt: 5, slice: 1, voters: [1, 2, 3] }])
    expect(digests).toEqual([audits[0]?.digest])
  })

  test('recalled before it is done gives its tally when it is', async () => {
    const { clock, desk, tallies, audits, hear } = scene()
    await hear(2, frame(2, 5, 1))
    desk.recall({ type: 'recall', round: 5, attempt: 5, slice: 1 })
    desk.recall({ type: 'recall', round: 5, attempt: 5, slice: 0 })
    expect(tallies).toEqual([])
    await clock.advance(1000)
    expect(audits).toHaveLength(1)
    expect(tallies).toEqual([
      { attempt: 5, slice: 0, voters: [] },
      { attempt: 5, slice: 1, voters: [2] },
    ])
  })
})
