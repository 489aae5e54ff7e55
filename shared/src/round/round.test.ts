import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { openRound, outcomeOf, transition } from './round.ts'
import type { Round, RoundEffect, RoundEvent, RoundPlan } from './round.ts'

const plan: RoundPlan = {
  round: 4,
  attempt: 9,
  groups: [{ members: [1, 2, 3], owners: [1, 2, 3], auditors: [2, 3, 1], recounts: [] }],
  sliceCount: 3,
  minVoters: 1,
  ballotsUntilMs: 100,
  talliesUntilMs: 200,
  auditsUntilMs: 250,
  closesAtMs: 300,
}

function play(
  events: readonly (readonly [number, RoundEvent])[],
  of: RoundPlan = plan,
): { round: Round; effects: RoundEffect[] } {
  let round = openRound(of)
  const effects: RoundEffect[] = []
  for (const [nowMs, event] of events) {
    const step = transition(round, event, nowMs)
    round = step.round
    effects.push(...step.effects)
  }
  return { round, effects }
}

/** The digest stands for the votes; that of honest reports follows from the voters. */
const report = (
  kind: 'tally' | 'audit',
  [from, slice]: readonly [number, number],
  voters: readonly number[],
  digest = voters.join('+'),
): RoundEvent => ({ kind, from, slice, voters, digest })
const tally = (from: number, slice: number, voters = [1, 2, 3], digest?: string) =>
  report('tally', [from, slice], voters, digest)
const audit = (from: number, slice: number, voters = [1, 2, 3], digest?: string) =>
  report('audit', [from, slice], voters, digest)
const ballot = (from: number, slice: number): RoundEvent => ({ kind: 'ballot', from, slice })

describe('a round', () => {
  test('closes as soon as every expected tally is in, and confirmed by its auditor', () => {
    const { round, effects } = play([
      [10, tally(1, 0)],
      [10, audit(2, 0)],
      [11, audit(3, 1)],
      [11, tally(2, 1)],
      [12, tally(3, 2)],
    ])
    expect(round.closed).toBe(false)
    const last = transition(round, audit(1, 2), 13)
    effects.push(...last.effects)
    expect(last.round.closed).toBe(true)
    const audits = outcomeOf(last.round).map(({ groups }) => groups[0]?.audit)
    expect(audits).toEqual(['agreed', 'agreed', 'agreed'])
    expect(effects.at(-1)).toEqual({ kind: 'close' })
    expect(outcomeOf(round).map(({ voters }) => voters)).toEqual([
      [1, 2, 3],
      [1, 2, 3],
      [1, 2, 3],
    ])
  })

  test('a tally that does not come is sent again by the members, and counted', () => {
    const { round, effects } = play([
      [10, tally(1, 0)],
      [11, tally(2, 1)],
      [200, { kind: 'tick' }],
      [250, { kind: 'tick' }],
      [260, ballot(1, 2)],
      [261, ballot(2, 2)],
      [262, ballot(3, 2)],
    ])
    expect(effects).toContainEqual({ kind: 'recall', slice: 2, to: [1] })
    expect(effects).toContainEqual({ kind: 'resend', slice: 2, to: [1, 2, 3] })
    expect(effects.at(-1)).toEqual({ kind: 'close' })
    expect(outcomeOf(round)[2]?.voters).toEqual([1, 2, 3])
  })

  test('an owner that leaves is not waited for: its auditor gives the tally', () => {
    const { round, effects } = play([
      [10, tally(1, 0)],
      [20, { kind: 'left', contributor: 3 }],
      [30, tally(1, 2, [1, 2])],
    ])
    expect(effects).toContainEqual({ kind: 'excuse', contributor: 3, slice: null, to: [1, 2] })
    expect(effects).toContainEqual({ kind: 'recall', slice: 2, to: [1] })
    expect(outcomeOf(round)[2]).toMatchObject({ voters: [1, 2], groups: [{ audit: 'none' }] })
  })

  test('an owner and an auditor that leave: the slice is asked of the members', () => {
    const { effects } = play([
      [20, { kind: 'left', contributor: 3 }],
      [21, { kind: 'left', contributor: 1 }],
    ])
    expect(effects).toContainEqual({ kind: 'resend', slice: 2, to: [2] })
  })

  test('an auditor does not send its tally unasked', () => {
    expect(play([[10, tally(2, 0)]]).effects).toEqual([{ kind: 'refuse', code: 'NOT_OWNER' }])
  })

  test('an auditor that leaves, or is silent, is not waited for', () => {
    const { round } = play([
      [10, tally(1, 0)],
      [11, { kind: 'left', contributor: 2 }],
      [12, tally(2, 1)],
      [13, tally(3, 2)],
      [200, { kind: 'tick' }],
    ])
    expect(outcomeOf(round).map(({ groups }) => groups[0]?.audit)).toEqual(['none', 'none', 'none'])
    expect(outcomeOf(round)[0]?.voters).toEqual([1, 2, 3])
  })

  test('different sums of the same voters are counted again, and the auditor shows its own', () => {
    const { round, effects } = play([
      [10, tally(1, 0, [1, 2, 3], 'one thing')],
      [11, audit(2, 0, [1, 2, 3], 'another')],
      [12, ballot(1, 0)],
      [13, ballot(2, 0)],
      [14, tally(2, 0, [1, 2, 3], 'another')],
      [15, ballot(3, 0)],
    ])
    expect(effects).toContainEqual({ kind: 'recall', slice: 0, to: [2] })
    expect(effects).toContainEqual({ kind: 'resend', slice: 0, to: [1, 2, 3] })
    expect(effects.filter(({ kind }) => kind === 'refuse')).toEqual([])
    expect(outcomeOf(round)[0]).toMatchObject({
      voters: [1, 2, 3],
      groups: [{ tally: null, direct: [1, 2, 3], audit: 'disagreed' }],
    })
  })

  test('different voters are asked for what tells the two reports apart', () => {
    const { round, effects } = play([
      [10, tally(1, 0, [1, 2, 3])],
      [11, audit(2, 0, [1, 2])],
      [12, ballot(3, 0)],
    ])
    expect(effects).toContainEqual({ kind: 'resend', slice: 0, to: [3] })
    expect(effects).toContainEqual({ kind: 'compare', group: 0, slice: 0 })
    const compared = { kind: 'compared', group: 0, slice: 0 } as const
    const yes = transition(round, { ...compared, agree: true }, 13).round
    expect(outcomeOf(yes)[0]).toMatchObject({
      voters: [1, 2, 3],
      groups: [{ tally: 1, direct: [], audit: 'agreed' }],
    })
    const no = transition(round, { ...compared, agree: false }, 13)
    expect(no.effects).toContainEqual({ kind: 'resend', slice: 0, to: [1, 2] })
    expect(outcomeOf(no.round)[0]?.groups[0]?.audit).toBe('disagreed')
  })

  test('a ballot that could not go to the auditor came here, and reports are compared at once', () => {
    const { effects } = play([
      [9, ballot(3, 0)],
      [10, tally(1, 0, [1, 2, 3])],
      [11, audit(2, 0, [1, 2])],
    ])
    expect(effects.at(-1)).toEqual({ kind: 'compare', group: 0, slice: 0 })
  })

  test('who could tell two reports apart and leaves has the slice counted again', () => {
    const { effects } = play([
      [10, tally(1, 0, [1, 2, 3])],
      [11, audit(2, 0, [1, 2])],
      [12, { kind: 'left', contributor: 3 }],
    ])
    expect(effects).toContainEqual({ kind: 'resend', slice: 0, to: [1, 2] })
  })

  test('a vote named for one who has abstained is not waited for', () => {
    const { round, effects } = play([
      [9, { kind: 'abstained', contributor: 3 }],
      [10, tally(1, 0, [1, 2, 3])],
      [11, audit(2, 0, [1, 2])],
      [12, ballot(1, 0)],
      [13, ballot(2, 0)],
    ])
    expect(effects).toContainEqual({ kind: 'resend', slice: 0, to: [1, 2] })
    expect(outcomeOf(round)[0]).toMatchObject({ voters: [1, 2], groups: [{ audit: 'disagreed' }] })
  })

  test('what the plan says is counted again though both agree', () => {
    const [group] = plan.groups
    const planned = { ...plan, groups: [{ ...group, recounts: [0] }] } as RoundPlan
    const { round, effects } = play(
      [
        [10, tally(1, 0)],
        [11, audit(2, 0)],
        [12, ballot(1, 0)],
        [12, ballot(2, 0)],
        [12, ballot(3, 0)],
      ],
      planned,
    )
    expect(effects).toContainEqual({ kind: 'resend', slice: 0, to: [1, 2, 3] })
    expect(outcomeOf(round)[0]?.groups[0]).toMatchObject({ tally: null, audit: 'recounted' })
  })

  test('a relayed ballot excuses its sender at the owner and counts besides the tally', () => {
    const { round, effects } = play([
      [10, ballot(3, 0)],
      [11, tally(1, 0, [1, 2])],
    ])
    expect(effects).toContainEqual({ kind: 'excuse', contributor: 3, slice: 0, to: [1, 2] })
    expect(outcomeOf(round)[0]?.voters).toEqual([1, 2, 3])
  })

  test('a ballot is counted once, whatever path it took', () => {
    const { round } = play([
      [10, ballot(3, 0)],
      [11, tally(1, 0, [1, 2, 3])],
    ])
    expect(outcomeOf(round)[0]?.voters).toEqual([1, 2, 3])
    expect(outcomeOf(round)[0]?.groups[0]?.direct).toEqual([])
  })

  test('when everybody leaves it closes at once, void', () => {
    const { round, effects } = play(
      [1, 2, 3].map((contributor) => [10, { kind: 'left', contributor }]),
    )
    expect(effects.at(-1)).toEqual({ kind: 'close' })
    expect(outcomeOf(round).some(({ valid }) => valid)).toBe(false)
  })

  test('a slice below minVoters is void, the others stand', () => {
    const { round } = play(
      [
        [10, tally(1, 0)],
        [10, tally(2, 1, [1])],
        [300, { kind: 'tick' }],
      ],
      { ...plan, minVoters: 2 },
    )
    expect(outcomeOf(round).map(({ valid }) => valid)).toEqual([true, false, false])
  })

  test('a member alone sends its ballot to the coordinator, and is late after the ballot deadline', () => {
    const group = { members: [7], owners: [7, 7, 7], auditors: [], recounts: [] }
    const alone = { ...plan, groups: [group] }
    expect(
      play(
        [0, 1, 2].map((j) => [10, ballot(7, j)]),
        alone,
      ).round.closed,
    ).toBe(true)
    const late = play([[100, { kind: 'tick' }]], alone)
    expect(late.round.closed).toBe(true)
    expect(transition(late.round, ballot(7, 0), 101).effects).toEqual([
      { kind: 'refuse', code: 'LATE' },
    ])
  })

  test.each([
    ['a tally from another than the owner', tally(3, 0), 'NOT_OWNER'],
    ['an audit from another than the auditor', audit(3, 0), 'NOT_AUDITOR'],
    ['a tally from a stranger', tally(8, 0), 'NOT_IN_ROSTER'],
    ['a tally that names voters of another group', tally(1, 0, [1, 5]), 'VOTERS_NOT_IN_GROUP'],
    ['a slice that does not exist', ballot(1, 3), 'SLICE_UNKNOWN'],
  ])('%s is refused', (_, event, code) => {
    expect(play([[10, event]]).effects).toEqual([{ kind: 'refuse', code }])
  })

  test('whatever happens: one close at the latest at its deadline, nobody counted twice', () => {
    const contributor = fc.integer({ min: 1, max: 4 })
    const slice = fc.integer({ min: 0, max: 3 })
    const event = fc.oneof(
      fc.record({
        kind: fc.constantFrom('tally' as const, 'audit' as const),
        from: contributor,
        slice,
        voters: fc.uniqueArray(contributor),
        digest: fc.constantFrom('a', 'b'),
      }),
      fc.record({
        kind: fc.constant('compared' as const),
        group: fc.constant(0),
        slice: fc.integer({ min: 0, max: 2 }),
        agree: fc.boolean(),
      }),
      fc.record({ kind: fc.constant('ballot' as const), from: contributor, slice }),
      fc.record({ kind: fc.constantFrom('left' as const, 'abstained' as const), contributor }),
      fc.constant({ kind: 'tick' as const }),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(299), event)), (events) => {
        const timed = [...events].sort(([a], [b]) => a - b)
        const { round, effects } = play([...timed, [300, { kind: 'tick' }]])
        expect(effects.filter(({ kind }) => kind === 'close')).toHaveLength(1)
        for (const { voters, groups } of outcomeOf(round)) {
          expect(new Set(voters).size).toBe(voters.length)
          expect(voters.every((voter) => [1, 2, 3].includes(voter))).toBe(true)
          expect(groups).toHaveLength(1)
        }
      }),
    )
  })
})

/** Whether nothing more is expected, from the plan and what has come alone. */
function nothingExpected({ plan, pages, excused, left }: Round, nowMs: number): boolean {
  const pieces = pages.flat()
  return plan.groups.every(({ members, auditors }, group) =>
    (pieces[group] ?? []).every((piece, slice) => {
      if (piece.kind === 'tallied') return piece.check === 'agreed' || piece.check === 'none'
      const asked = piece.kind === 'direct' && piece.recount
      const expected = asked
        ? asked.voters.filter((one) => !excused.has(one))
        : members.filter((one) => !excused.has(one))
      const owing = expected.filter((one) => !piece.direct.includes(one))
      const outOfTime = piece.kind === 'direct' && !piece.again && nowMs >= plan.ballotsUntilMs
      const auditor = auditors[slice] as number
      const proves = asked && !asked.shown && !left.has(auditor) && nowMs < plan.talliesUntilMs
      return owing.length === 0 ? !proves : outOfTime
    }),
  )
}

test('of many groups a round closes exactly when a look at all of them finds nothing expected', () => {
  const many: RoundPlan = {
    ...plan,
    groups: [
      { members: [1, 2, 3], owners: [2, 1], auditors: [3, 2], recounts: [1] },
      { members: [4], owners: [4, 4], auditors: [], recounts: [] },
      { members: [5, 6], owners: [5, 6], auditors: [6, 5], recounts: [] },
    ],
    sliceCount: 2,
  }
  const contributor = fc.integer({ min: 1, max: 7 })
  const slice = fc.integer({ min: 0, max: 1 })
  const event: fc.Arbitrary<RoundEvent> = fc.oneof(
    fc.record({ kind: fc.constant('ballot' as const), from: contributor, slice }),
    contributor.chain((from) =>
      fc
        .tuple(slice, fc.constantFrom('tally', 'audit'), fc.constantFrom('a', 'b'))
        .map(([at, kind, digest]) => ({ kind, from, slice: at, voters: [from], digest })),
    ),
    fc.record({
      kind: fc.constant('compared' as const),
      group: fc.integer({ min: 0, max: 2 }),
      slice,
      agree: fc.boolean(),
    }),
    fc.record({ kind: fc.constantFrom('left' as const, 'abstained' as const), contributor }),
    fc.constant({ kind: 'tick' as const }),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(299), event), { maxLength: 60 }), (events) => {
      const inOrder = events.toSorted(([a], [b]) => a - b)
      let round = openRound(many)
      for (const [nowMs, each] of inOrder) {
        const { round: next, effects } = transition(round, each, nowMs)
        const refused = effects.some(({ kind }) => kind === 'refuse')
        if (!round.closed && !refused) expect(next.closed).toBe(nothingExpected(next, nowMs))
        round = next
      }
    }),
    { numRuns: 1000 },
  )
})
