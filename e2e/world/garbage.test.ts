/** Whatever a contributor sends, it is answered with a code, struck, and excluded; the run goes on. */
import { generator } from '@quorate/shared/random/generator'
import { encodeSignedTally } from '@quorate/shared/wire/audit'
import { encodeBallot, provePayload } from '@quorate/shared/wire/ballot'
import { encodeFrame } from '@quorate/shared/wire/frame'
import { pathLength } from '@quorate/shared/wire/proof'
import { tallySlice } from '@quorate/shared/tally/count'
import { sliceRanges } from '@quorate/shared/tally/slices'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { replicas, smallRun } from './checks.ts'
import type { Volunteer } from './world.ts'
import { openingIn } from './turns.ts'
import { World } from './world.ts'

interface Scene {
  readonly world: World
  readonly run: string
  readonly bad: Volunteer
  readonly number: number
  readonly d: number
}

/** Two good contributors and a bad one in a group; the bad one trains until it begins to misbehave. */
/** Of the group, and slices of its ballots. */
const MEMBERS = 3

async function scene(seed: number, settings = smallRun): Promise<Scene> {
  const world = new World(seed)
  const run = await world.run(settings)
  for (let n = 0; n < 2; n++) world.join(run)
  const bad = world.join(run)
  await world.reach(run, 5)
  const [stored] = await world.store.listRuns()
  const d = world.training?.replica(run).parameters.length ?? 0
  return { world, run, bad, number: stored?.number ?? 0, d }
}

const good = ({ world, bad }: Scene) => world.volunteers.filter((v) => v !== bad)

/** The run went on, and the good contributors agree with the coordinator. */
async function undisturbed(at: Scene): Promise<void> {
  const { world, run } = at
  const round = world.training?.run(run).round ?? 0
  await world.reach(run, round + 8)
  expect(world.training?.run(run).state.kind).toBe('training')
  expect(await replicas(world, run, good(at))).toHaveLength(1)
}

async function strikes({ world, run }: Scene): Promise<string[]> {
  const events = await world.store.events(run, 1000)
  return events
    .filter(({ code }) => code === 'strike')
    .map(({ text }) => text.split(/[:,] /)[1] ?? '')
}

/** In the middle of a round that the bad one has been asked to, and has sent nothing in. */
async function inRound(at: Scene): Promise<{ round: number; attempt: number; slices: number }> {
  const { world, bad } = at
  bad.link.sendFrame = () => true
  bad.mesh.send = async () => 'sent'
  let opening: { round: number; attempt: number; slices: number } | null = null
  bad.link.overhear((event) => {
    opening = openingIn(event, at.number) ?? opening
  })
  await world.clock.until(() => opening !== null, 20_000)
  return opening as unknown as { round: number; attempt: number; slices: number }
}

describe('an address', () => {
  test('that sends strangers without end is told to wait, and comes in later', async () => {
    const world = new World(60)
    const run = await world.run(smallRun)
    for (let n = 0; n < 130; n++) {
      const stranger = world.join(run)
      await world.clock.advance(50)
      await stranger.session.stop()
    }
    const late = world.join(run)
    await world.clock.advance(100)
    expect(late.view.trouble).toContain('TOO_MANY_NEWCOMERS')
    expect(late.view.me).toBeNull()
    await world.clock.until(() => late.view.roundsCounted > 3, 60_000)
  })
})

describe('a contributor that claims other digests again and again', () => {
  test('is excluded, and the event log stays short', async () => {
    const at = await scene(61)
    await at.world.reach(at.run, 12)
    const digest = 'f'.repeat(64)
    for (let n = 0; n < 50; n++) at.bad.link.send({ type: 'digest', round: 10, digest })
    await at.world.clock.advance(200)
    const events = await at.world.store.events(at.run, 1000)
    expect(events.filter(({ code }) => code === 'digest-differs')).toHaveLength(5)
    expect(at.bad.view.status).toMatchObject({ kind: 'failed', code: 'TOO_MANY_STRIKES' })
    await undisturbed(at)
  })
})

describe('garbage', () => {
  test('a frame larger than any of this run is refused unread', async () => {
    const at = await scene(62)
    at.bad.link.sendGarbage(new Uint8Array(100_000))
    await at.world.clock.advance(100)
    expect(await strikes(at)).toEqual(['FRAME_TOO_LARGE'])
    await undisturbed(at)
  })

  test('random bytes and text never stop the run', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string(), fc.json()), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.integer({ min: 1, max: 1000 }),
        async (messages, seed) => {
          const at = await scene(seed)
          for (const message of messages) at.bad.link.sendGarbage(message)
          await undisturbed(at)
          expect(await strikes(at)).toHaveLength(messages.length)
        },
      ),
      { numRuns: 8, seed: 8 },
    )
  })

  test('the fifth strike excludes, and what comes after is not listened to', async () => {
    const at = await scene(71)
    for (let n = 0; n < 4; n++) {
      at.bad.link.sendGarbage('{"type":"nonsense"}')
      await at.world.clock.advance(3000)
    }
    expect(at.bad.view.status.kind).toBe('training')
    for (let n = 0; n < 50; n++) at.bad.link.sendGarbage(new Uint8Array(50))
    await at.world.clock.advance(2000)
    expect(at.bad.view.status).toMatchObject({ kind: 'failed', code: 'TOO_MANY_STRIKES' })
    expect(await strikes(at)).toHaveLength(5)
    await undisturbed(at)
    expect(
      good(at)
        .flatMap(({ view }) => view.shards)
        .sort(),
    ).toEqual([0, 1, 2, 3])
  })

  const header = { kind: 'ballot', slice: 0 } as const
  const wrong: readonly [string, string, (at: Scene) => Uint8Array | string][] = [
    ['a message that is not JSON', 'MESSAGE_INVALID', () => '{'],
    ['a message of no known type', 'MESSAGE_INVALID', () => '{"type":"pwn"}'],
    ['a message that is too long', 'MESSAGE_TOO_LARGE', () => ' '.repeat(70_000)],
    [
      'a second hello',
      'HELLO_TWICE',
      () =>
        JSON.stringify({
          ...{ type: 'hello', protocol: 1, run: '', resume: null, webrtc: true, peer: null },
          ...{ invite: null, key: '0'.repeat(64), signature: '0'.repeat(128) },
        }),
    ],
    ['a truncated frame', 'FRAME_TOO_SHORT', () => new Uint8Array(20)],
    ['an oversized frame', 'FRAME_TOO_LARGE', () => new Uint8Array(25 * 1024 * 1024)],
    [
      'a frame cut short',
      'FRAME_LENGTH',
      ({ number }) =>
        encodeFrame({ ...header, run: number, round: 0, attempt: 1 }, new Uint8Array(9)).slice(
          0,
          40,
        ),
    ],
    [
      'a frame of another run',
      'FRAME_RUN',
      ({ number }) =>
        encodeFrame({ ...header, run: number + 1, round: 0, attempt: 1 }, new Uint8Array(9)),
    ],
    [
      'a frame of an attempt to come',
      'ATTEMPT_NOT_OPEN',
      ({ number }) =>
        encodeFrame({ ...header, run: number, round: 9, attempt: 999 }, new Uint8Array(9)),
    ],
    [
      'a verdict',
      'FRAME_KIND',
      ({ number }) =>
        encodeFrame(
          { kind: 'verdict', slice: 0, run: number, round: 0, attempt: 1 },
          new Uint8Array(9),
        ),
    ],
  ]
  test.each(wrong)('%s is answered with %s', async (_, code, make) => {
    const at = await scene(72)
    at.bad.link.sendGarbage(make(at))
    await at.world.clock.advance(500)
    expect(await strikes(at)).toEqual([code])
    expect(at.bad.view.trouble).toContain(code)
    await undisturbed(at)
  })
})

describe('a ballot or tally that breaks the rules of the round', () => {
  /** Codes of the strikes for one frame of the open attempt. */
  async function sent(
    at: Scene,
    make: (shape: { slices: number; size: number; blocks: number }) => {
      kind: 'ballot' | 'tally'
      slice: number
      payload: Uint8Array
    },
  ): Promise<string[]> {
    const { round, attempt, slices } = await inRound(at)
    const [first] = sliceRanges(at.d, 64, slices)
    const size = (first?.end ?? 0) - (first?.start ?? 0)
    const { kind, slice, payload } = make({ slices, size, blocks: Math.ceil(size / 64) })
    at.bad.link.sendGarbage(encodeFrame({ kind, run: at.number, round, attempt, slice }, payload))
    await at.world.clock.advance(100)
    return strikes(at)
  }

  const sliceOf = (size: number) => ({ index: 0, start: 0, end: size })
  /** Of a ballot of three slices; what it is signed with is looked at only where it matters. */
  const proof = (slices: number) => ({
    signature: new Uint8Array(64),
    path: Array.from({ length: pathLength(slices) }, () => new Uint8Array(16)),
  })
  const ballot = (size: number, weights: Uint8Array | null) =>
    provePayload(
      encodeBallot(
        { contributor: 3, signs: new Uint32Array(Math.ceil(size / 32)), weights },
        sliceOf(size),
        64,
      ),
      proof(MEMBERS),
    )
  const tally = (size: number, voters: number[]) => {
    const weights = new Uint8Array(Math.ceil(size / 64)).fill(1)
    const signs = new Uint32Array(Math.ceil(size / 32))
    const ballots = voters.map((contributor) => ({ contributor, signs, weights }))
    const signed = voters.map(() => ({ digest: new Uint8Array(16), ...proof(MEMBERS) }))
    return encodeSignedTally(tallySlice(sliceOf(size), 64, ballots), signed, MEMBERS)
  }

  test('over the loudness budget', async () => {
    const at = await scene(73)
    const codes = await sent(at, ({ size, blocks }) => {
      return { kind: 'ballot', slice: 0, payload: ballot(size, new Uint8Array(blocks).fill(15)) }
    })
    expect(codes).toEqual(['BALLOT_OVER_BUDGET'])
    await undisturbed(at)
  })

  test('without weights where the method has them', async () => {
    const at = await scene(74)
    const codes = await sent(at, ({ size }) => {
      return { kind: 'ballot', slice: 0, payload: ballot(size, null) }
    })
    expect(codes).toEqual(['BALLOT_WITHOUT_WEIGHTS'])
    await undisturbed(at)
  })

  test('with weights where the method has none', async () => {
    const at = await scene(75, { ...smallRun, method: { id: 'signsgd-mv' } })
    const codes = await sent(at, ({ size, blocks }) => {
      return { kind: 'ballot', slice: 0, payload: ballot(size, new Uint8Array(blocks).fill(1)) }
    })
    expect(codes).toEqual(['BALLOT_WITH_WEIGHTS'])
    await undisturbed(at)
  })

  test('louder than one in ssdm, which would stop the run if it were let in', async () => {
    const at = await scene(76, { ...smallRun, method: { id: 'ssdm' } })
    const codes = await sent(at, ({ size, blocks }) => {
      return { kind: 'ballot', slice: 0, payload: ballot(size, new Uint8Array(blocks).fill(9)) }
    })
    expect(codes).toEqual(['BALLOT_OVER_BUDGET'])
    await undisturbed(at)
  })

  test('a slice that there is not, or of another size', async () => {
    const at = await scene(77)
    const codes = await sent(at, ({ size, slices }) => {
      return { kind: 'ballot', slice: slices + 4, payload: ballot(size, null) }
    })
    expect(codes).toEqual(['FRAME_SLICE'])
    const other = await scene(77)
    const sizes = await sent(other, () => ({
      kind: 'ballot',
      slice: 0,
      payload: ballot(640, null),
    }))
    expect(sizes).toEqual(['FRAME_PAYLOAD'])
  })

  test("a tally of another's slice, and of voters that are not in the group", async () => {
    const at = await scene(78)
    const random = generator(78, 1)
    const { round, attempt, slices } = await inRound(at)
    for (const slice of sliceRanges(at.d, 64, slices)) {
      const size = slice.end - slice.start
      const voters = [1, 2, 3, 40 + random.below(9)]
      const payload = tally(size, voters)
      const head = { kind: 'tally', run: at.number, round, attempt, slice: slice.index } as const
      at.bad.link.sendGarbage(encodeFrame(head, payload))
    }
    await at.world.clock.advance(100)
    // It owns one slice, and audits another, whose tally it might have been asked for.
    const foreign = 'VOTERS_NOT_IN_GROUP'
    expect((await strikes(at)).sort()).toEqual(['NOT_OWNER', foreign, foreign])
    await undisturbed(at)
  })
})
