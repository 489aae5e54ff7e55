/** Members of a group that report something else than they have reckoned, or nothing. */
import { sliceRanges } from '@quorate/shared/tally/slices'
import { tallySlice } from '@quorate/shared/tally/count'
import {
  decodeSignedTally,
  digestOfTally,
  encodeAudit,
  encodeSignedTally,
} from '@quorate/shared/wire/audit'
import { decodeFrame, encodeFrame } from '@quorate/shared/wire/frame'
import type { Frame } from '@quorate/shared/wire/frame'
import { describe, expect, test } from 'vitest'
import { replicas, smallRun } from './checks.ts'
import { openingIn } from './turns.ts'
import type { Volunteer } from './world.ts'
import { World } from './world.ts'

const MEMBERS = 4
const settings = { ...smallRun, method: { id: 'signsgd-mv' as const }, groupSize: MEMBERS }

interface Scene {
  readonly world: World
  readonly run: string
  readonly liar: Volunteer
  readonly honest: readonly Volunteer[]
}

/** Four contributors in one group; what the last one reports passes `lie` first, null: it is held back. */
async function scene(seed: number, lie: (frame: Frame, d: number) => Uint8Array | null) {
  const world = new World(seed)
  const run = await world.run(settings)
  for (let n = 0; n < MEMBERS; n++) world.join(run)
  await world.reach(run, 10)
  const liar = world.volunteers[MEMBERS - 1] as Volunteer
  const send = liar.link.sendFrame.bind(liar.link)
  const d = world.training?.replica(run).parameters.length ?? 0
  liar.link.sendFrame = (bytes) => {
    const frame = decodeFrame(bytes)
    if (frame.header.kind === 'ballot') return send(bytes)
    const payload = lie(frame, d)
    return payload === null || send(encodeFrame(frame.header, payload))
  }
  return { world, run, liar, honest: world.volunteers.slice(0, MEMBERS - 1) }
}

/** The tally of the same voters, all of whom voted for -1. */
function wrong({ header, payload }: Frame, d: number): Uint8Array {
  const slice = sliceRanges(d, 64, MEMBERS)[header.slice] as { start: number; end: number }
  const range = { ...slice, index: header.slice }
  const expected = { slice: range, block: 64, maxVoters: 32, slices: MEMBERS }
  const { tally, signed } = decodeSignedTally(payload, expected)
  return encodeSignedTally(against(range, tally.voters), signed, MEMBERS)
}

function against(slice: { index: number; start: number; end: number }, voters: readonly number[]) {
  const signs = new Uint32Array(Math.ceil((slice.end - slice.start) / 32))
  const ballots = voters.map((contributor) => ({ contributor, signs, weights: null }))
  return tallySlice(slice, 64, ballots)
}

/** By contributor's name, the codes of its strikes. */
async function strikesOf({ world, run }: Scene): Promise<Map<string, string[]>> {
  const codes = new Map<string, string[]>()
  for (const { code, text, contributor } of (await world.training?.events(run, 500)) ?? []) {
    if (code !== 'strike' || contributor === null) continue
    const said = /: ([A-Z_]+),/.exec(text)?.[1] ?? text
    codes.set(contributor, [...(codes.get(contributor) ?? []), said])
  }
  return codes
}

/** Training went on, and the honest ones agree with the coordinator. */
async function undisturbed({ world, run, honest }: Scene): Promise<void> {
  const { round = 0 } = world.training?.run(run) ?? {}
  const startMs = world.clock.nowMs()
  await world.reach(run, round + 20)
  expect(world.clock.nowMs() - startMs, 'nobody waits for deadlines').toBeLessThan(20 * 500)
  expect(await replicas(world, run, [...honest])).toHaveLength(1)
}

describe('a member', () => {
  test('that sums up wrongly is found by its auditor, counted again and excluded', async () => {
    const at = await scene(201, (frame, d) =>
      frame.header.kind === 'tally' ? wrong(frame, d) : frame.payload,
    )
    await at.world.clock.until(() => at.liar.view.status.kind === 'failed', 60_000)
    expect(at.liar.view.status).toMatchObject({ code: 'TOO_MANY_STRIKES' })
    const strikes = await strikesOf(at)
    expect([...strikes.keys()]).toEqual([at.liar.view.me?.name])
    expect(new Set([...strikes.values()].flat())).toEqual(new Set(['TALLY_WRONG']))
    await undisturbed(at)
  })

  test('that audits wrongly costs a recount, and is excluded where it shows its sum', async () => {
    const at = await scene(202, (frame, d) => {
      if (frame.header.kind === 'tally') return wrong(frame, d)
      const slice = sliceRanges(d, 64, MEMBERS)[frame.header.slice] as never
      const digest = digestOfTally(against(slice, [1, 2, 3, 4]))
      return encodeAudit({ voters: [1, 2, 3, 4], digest }, [1, 2, 3, 4])
    })
    await at.world.clock.until(() => at.liar.view.status.kind === 'failed', 60_000)
    const strikes = await strikesOf(at)
    expect([...strikes.keys()]).toEqual([at.liar.view.me?.name])
    await undisturbed(at)
  })

  test('that holds its reports back is made up for by its auditors, and left out for a while', async () => {
    const at = await scene(203, () => null)
    const { round = 0 } = at.world.training?.run(at.run) ?? {}
    const startMs = at.world.clock.nowMs()
    await at.world.reach(at.run, round + 40)
    expect(at.world.clock.nowMs() - startMs, 'it is not waited for every time').toBeLessThan(15_000)
    expect(await strikesOf(at)).toEqual(new Map())
    const events = (await at.world.training?.events(at.run, 500)) ?? []
    const resting = events.filter(({ code }) => code === 'silent').map((one) => one.contributor)
    expect(new Set(resting)).toEqual(new Set([at.liar.view.me?.name]))
    const rounds = await at.world.store.rounds(at.run, { from: round, to: round + 8, limit: 20 })
    expect(rounds.map(({ voters, expected }) => expected - voters)).toEqual(rounds.map(() => 0))
    expect(await replicas(at.world, at.run, [...at.honest])).toHaveLength(1)
  })

  test('whose reports come is not counted again, but for the share that the run asks for', async () => {
    const world = new World(204)
    const all = await world.run({ ...settings, recountShare: 1 })
    for (let n = 0; n < MEMBERS; n++) world.join(all)
    const asked: number[] = []
    await world.reach(all, 5)
    world.volunteers[0]?.link.overhear((event) => {
      if (event.kind === 'message' && event.message.type === 'resend')
        asked.push(event.message.slice)
      if (openingIn(event, 1)) asked.push(-1)
    })
    await world.reach(all, 8)
    const opened = asked.filter((slice) => slice === -1).length
    expect(asked.filter((slice) => slice >= 0).length).toBeGreaterThanOrEqual(
      MEMBERS * (opened - 1),
    )
    expect(await replicas(world, all)).toHaveLength(1)
  })
})
