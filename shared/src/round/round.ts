/**
 * One opening of a round, seen from the coordinator: who owes what, what has come, when it closes.
 * A pure transition function; the payloads (tallies, ballots) are kept by the caller, who is told
 * by an effect what to keep.
 */

export interface RoundPlan {
  readonly round: number
  readonly attempt: number
  readonly groups: readonly GroupPlan[]
  readonly sliceCount: number
  readonly minVoters: number
  /** Owners add up what they have. */
  readonly ballotsUntilMs: number
  /** Slices without a tally are sent to the coordinator again, by each member. */
  readonly talliesUntilMs: number
  /** Whatever is there is decided. */
  readonly closesAtMs: number
}

export interface GroupPlan {
  /** Contributor numbers; one member alone sends its ballot straight to the coordinator. */
  readonly members: readonly number[]
  /** owners[j] = contributor number that adds up slice j. */
  readonly owners: readonly number[]
}

/** Where one slice of one group stands. */
export type Piece =
  /** The owner collects ballots. */
  | { readonly kind: 'at-owner'; readonly direct: readonly number[] }
  /** The owner's tally is in; `direct` ballots of others than its voters count besides. */
  | {
      readonly kind: 'tallied'
      readonly voters: readonly number[]
      readonly direct: readonly number[]
    }
  /** No owner (any more): every member sends its ballot of the slice to the coordinator. */
  | { readonly kind: 'direct'; readonly direct: readonly number[]; readonly again: boolean }

export interface Round {
  readonly plan: RoundPlan
  readonly closed: boolean
  /** Members that will send nothing (more): they left or abstained. */
  readonly excused: ReadonlySet<number>
  /** Those of them that left: as owners they are gone too. */
  readonly left: ReadonlySet<number>
  /** pages[⌊group / 100⌋][group mod 100][slice]: a change copies one page, not every group. */
  readonly pages: readonly (readonly (readonly Piece[])[])[]
  /** So many pieces, group by group, expect nothing more. A piece that does not never does again. */
  readonly complete: number
}

export type RoundEvent =
  | {
      readonly kind: 'tally'
      readonly from: number
      readonly slice: number
      readonly voters: readonly number[]
    }
  /** A ballot slice that came to the coordinator itself. */
  | { readonly kind: 'ballot'; readonly from: number; readonly slice: number }
  | { readonly kind: 'abstained'; readonly contributor: number }
  | { readonly kind: 'left'; readonly contributor: number }
  | { readonly kind: 'tick' }

export type RoundEffect =
  /** The event's payload belongs to the round: keep it. */
  | { readonly kind: 'keep' }
  | { readonly kind: 'refuse'; readonly code: RefusalCode }
  /** Tell the owners `to` not to wait for this contributor's ballot of `slice` (null: of any). */
  | {
      readonly kind: 'excuse'
      readonly contributor: number
      readonly slice: number | null
      readonly to: readonly number[]
    }
  /** Ask the members `to` for their ballots of `slice`. */
  | { readonly kind: 'resend'; readonly slice: number; readonly to: readonly number[] }
  | { readonly kind: 'close' }

export type RefusalCode =
  | 'NOT_IN_ROSTER'
  | 'NOT_OWNER'
  | 'SLICE_UNKNOWN'
  | 'VOTERS_NOT_IN_GROUP'
  /** Seen already; harmless. */
  | 'DUPLICATE'
  /** The round has closed, or the owner's tally is no longer wanted. */
  | 'LATE'

export interface RoundStep {
  readonly round: Round
  readonly effects: readonly RoundEffect[]
}

/** Groups of one page: about the root of as many groups as there can be. */
const PAGE_GROUPS = 100

/** A round that has just opened. */
export function openRound(plan: RoundPlan): Round {
  const pieces = plan.groups.map((group) =>
    Array.from({ length: plan.sliceCount }, (): Piece =>
      group.members.length === 1
        ? { kind: 'direct', direct: [], again: false }
        : { kind: 'at-owner', direct: [] },
    ),
  )
  const pages = Array.from({ length: Math.ceil(pieces.length / PAGE_GROUPS) }, (_, page) =>
    pieces.slice(page * PAGE_GROUPS, (page + 1) * PAGE_GROUPS),
  )
  return { plan, closed: false, excused: new Set(), left: new Set(), pages, complete: 0 }
}

/** The round after `event`, which happened at `nowMs`. */
export function transition(round: Round, event: RoundEvent, nowMs: number): RoundStep {
  if (round.closed) return refuse(round, 'LATE')
  switch (event.kind) {
    case 'tally':
      return closing(onTally(round, event), nowMs)
    case 'ballot':
      return closing(onBallot(round, event), nowMs)
    case 'abstained':
      return closing(onExcused(round, event.contributor, false), nowMs)
    case 'left':
      return closing(onExcused(round, event.contributor, true), nowMs)
    case 'tick':
      return closing(onTick(round, nowMs), nowMs)
  }
}

/**
 * Whether a ballot of the slice that came to the coordinator will be counted whatever else comes:
 * no owner's tally can name its sender any more.
 */
export function isCounted(round: Round, { from, slice }: { from: number; slice: number }): boolean {
  const piece = pieceAt(round, groupOf(round.plan, from), slice)
  return piece.kind === 'direct' && piece.direct.includes(from)
}

/** What is counted in each slice once the round has closed. */
export interface SliceOutcome {
  readonly slice: number
  /** By group: use the owner's tally?, and the direct ballots that count besides. */
  readonly groups: readonly { readonly tally: boolean; readonly direct: readonly number[] }[]
  /** Everyone counted, ascending. */
  readonly voters: readonly number[]
  readonly valid: boolean
}

export function outcomeOf(round: Round): readonly SliceOutcome[] {
  return Array.from({ length: round.plan.sliceCount }, (_, slice) => {
    const pieces = round.pages.flat().map((ofGroup) => ofGroup[slice] as Piece)
    const groups = pieces.map((piece) => {
      const voters = piece.kind === 'tallied' ? piece.voters : []
      return {
        tally: voters.length > 0,
        direct: piece.direct.filter((contributor) => !voters.includes(contributor)),
      }
    })
    const voters = pieces
      .flatMap((piece, group) => {
        return [...(piece.kind === 'tallied' ? piece.voters : []), ...(groups[group]?.direct ?? [])]
      })
      .sort((a, b) => a - b)
    return { slice, groups, voters, valid: voters.length >= Math.max(1, round.plan.minVoters) }
  })
}

function onTally(round: Round, event: RoundEvent & { kind: 'tally' }): RoundStep {
  const group = groupOf(round.plan, event.from)
  if (group < 0) return refuse(round, 'NOT_IN_ROSTER')
  const { owners, members } = round.plan.groups[group] as GroupPlan
  if (event.slice >= round.plan.sliceCount) return refuse(round, 'SLICE_UNKNOWN')
  if (owners[event.slice] !== event.from || members.length === 1) return refuse(round, 'NOT_OWNER')
  if (!event.voters.every((voter) => members.includes(voter))) {
    return refuse(round, 'VOTERS_NOT_IN_GROUP')
  }
  const piece = pieceAt(round, group, event.slice)
  if (piece.kind === 'tallied') return refuse(round, 'DUPLICATE')
  if (piece.kind === 'direct') return refuse(round, 'LATE')
  const tallied: Piece = { kind: 'tallied', voters: event.voters, direct: piece.direct }
  return { round: withPiece(round, group, event.slice, tallied), effects: [{ kind: 'keep' }] }
}

function onBallot(round: Round, event: RoundEvent & { kind: 'ballot' }): RoundStep {
  const group = groupOf(round.plan, event.from)
  if (group < 0) return refuse(round, 'NOT_IN_ROSTER')
  if (event.slice >= round.plan.sliceCount) return refuse(round, 'SLICE_UNKNOWN')
  const piece = pieceAt(round, group, event.slice)
  if (piece.direct.includes(event.from)) return refuse(round, 'DUPLICATE')
  if (piece.kind === 'tallied' && piece.voters.includes(event.from)) {
    return refuse(round, 'DUPLICATE')
  }
  const next = withPiece(round, group, event.slice, withBallot(piece, event.from))
  const effects: RoundEffect[] = [{ kind: 'keep' }]
  const owner = round.plan.groups[group]?.owners[event.slice]
  if (piece.kind === 'at-owner' && owner !== undefined && owner !== event.from) {
    effects.push({ kind: 'excuse', contributor: event.from, slice: event.slice, to: [owner] })
  }
  return { round: next, effects }
}

/** Literals, as this is made for every ballot: an object spread from another is much larger. */
function withBallot(piece: Piece, from: number): Piece {
  const direct = [...piece.direct, from]
  switch (piece.kind) {
    case 'at-owner':
      return { kind: 'at-owner', direct }
    case 'tallied':
      return { kind: 'tallied', voters: piece.voters, direct }
    case 'direct':
      return { kind: 'direct', direct, again: piece.again }
  }
}

function onExcused(round: Round, contributor: number, left: boolean): RoundStep {
  const group = groupOf(round.plan, contributor)
  if (group < 0) return { round, effects: [] }
  const known = round.excused.has(contributor)
  if (known && (!left || round.left.has(contributor))) return { round, effects: [] }
  const { members, owners } = round.plan.groups[group] as GroupPlan
  let next: Round = {
    ...round,
    excused: new Set(round.excused).add(contributor),
    left: left ? new Set(round.left).add(contributor) : round.left,
  }
  const others = members.filter((member) => member !== contributor && !next.left.has(member))
  const to = owners.filter((owner, at) => others.includes(owner) && owners.indexOf(owner) === at)
  const effects: RoundEffect[] =
    known || to.length === 0 ? [] : [{ kind: 'excuse', contributor, slice: null, to }]
  if (left) {
    owners.forEach((owner, slice) => {
      if (owner !== contributor) return
      const step = withoutOwner(next, group, slice)
      next = step.round
      effects.push(...step.effects)
    })
  }
  return { round: next, effects }
}

function onTick(round: Round, nowMs: number): RoundStep {
  if (nowMs < round.plan.talliesUntilMs) return { round, effects: [] }
  let next = round
  const effects: RoundEffect[] = []
  round.plan.groups.forEach((_, group) => {
    for (let slice = 0; slice < round.plan.sliceCount; slice++) {
      const step = withoutOwner(next, group, slice)
      next = step.round
      effects.push(...step.effects)
    }
  })
  return { round: next, effects }
}

/** The owner of a slice is gone or silent: its members send the slice to the coordinator. */
function withoutOwner(round: Round, group: number, slice: number): RoundStep {
  const piece = pieceAt(round, group, slice)
  if (piece.kind !== 'at-owner') return { round, effects: [] }
  const next = withPiece(round, group, slice, { kind: 'direct', direct: piece.direct, again: true })
  const to = owing(next, group, slice)
  return { round: next, effects: to.length > 0 ? [{ kind: 'resend', slice, to }] : [] }
}

/** Adds the close when nothing more is expected, or the round's time is up. */
function closing(step: RoundStep, nowMs: number): RoundStep {
  const refused = step.effects.some((effect) => effect.kind === 'refuse')
  if (refused) return step
  const { plan } = step.round
  const complete = completeUpTo(step.round, nowMs)
  const round = { ...step.round, complete }
  const open = complete < plan.groups.length * plan.sliceCount
  if (open && nowMs < plan.closesAtMs) return { ...step, round }
  return { round: { ...round, closed: true }, effects: [...step.effects, { kind: 'close' }] }
}

/** Goes on where the last look ended: a round of many looks at each piece hardly more than once. */
function completeUpTo(round: Round, nowMs: number): number {
  const { groups, sliceCount } = round.plan
  let complete = round.complete
  while (complete < groups.length * sliceCount) {
    const at = { group: Math.floor(complete / sliceCount), slice: complete % sliceCount }
    if (!isComplete(round, at, nowMs)) break
    complete += 1
  }
  return complete
}

function isComplete(round: Round, at: { group: number; slice: number }, nowMs: number): boolean {
  const piece = pieceAt(round, at.group, at.slice)
  switch (piece.kind) {
    case 'tallied':
      return true
    case 'at-owner':
      return owing(round, at.group, at.slice).length === 0
    case 'direct':
      return (
        owing(round, at.group, at.slice).length === 0 ||
        (!piece.again && nowMs >= round.plan.ballotsUntilMs)
      )
  }
}

/** Members whose ballot of the slice has not come to the coordinator and may still. */
function owing(round: Round, group: number, slice: number): number[] {
  const piece = pieceAt(round, group, slice)
  const members = round.plan.groups[group]?.members ?? []
  return members.filter((member) => !round.excused.has(member) && !piece.direct.includes(member))
}

const groupsOf = new WeakMap<RoundPlan, ReadonlyMap<number, number>>()

/** The place of a contributor's group in the plan, or −1; a plan does not change. */
export function groupOf(plan: RoundPlan, contributor: number): number {
  let places = groupsOf.get(plan)
  if (!places) {
    places = new Map(plan.groups.flatMap(({ members }, at) => members.map((one) => [one, at])))
    groupsOf.set(plan, places)
  }
  return places.get(contributor) ?? -1
}

function pieceAt(round: Round, group: number, slice: number): Piece {
  const piece = round.pages[Math.floor(group / PAGE_GROUPS)]?.[group % PAGE_GROUPS]?.[slice]
  if (!piece) throw new Error(`round: no slice ${slice}`)
  return piece
}

function withPiece(round: Round, group: number, slice: number, piece: Piece): Round {
  const pages = round.pages.slice()
  const page = Math.floor(group / PAGE_GROUPS)
  const groups = (pages[page] ?? []).slice()
  const pieces = (groups[group % PAGE_GROUPS] ?? []).slice()
  pieces[slice] = piece
  groups[group % PAGE_GROUPS] = pieces
  pages[page] = groups
  return { ...round, pages }
}

function refuse(round: Round, code: RefusalCode): RoundStep {
  return { round, effects: [{ kind: 'refuse', code }] }
}
