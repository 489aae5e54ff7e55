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
  /** Auditors who were asked for their tallies have not sent them, or voters of whom one report is silent. */
  readonly auditsUntilMs: number
  /** Whatever is there is decided. */
  readonly closesAtMs: number
}

export interface GroupPlan {
  /** Contributor numbers; one member alone sends its ballot straight to the coordinator. */
  readonly members: readonly number[]
  /** owners[j] = contributor number that adds up slice j. */
  readonly owners: readonly number[]
  /** auditors[j] = another member, who adds it up too and says only what digest it comes to; empty in a group of one. */
  readonly auditors: readonly number[]
  /** Slices that are counted again by the coordinator, whatever owner and auditor say. */
  readonly recounts: readonly number[]
}

/** What an auditor has reckoned. */
export interface Audit {
  /** Contributor numbers, ascending. */
  readonly voters: readonly number[]
  /** Of the tally. */
  readonly digest: string
}

/** Why a slice is counted again, and whose ballots there are of it by what was reported. */
export interface Recount {
  readonly why: 'disagreement' | 'planned'
  readonly voters: readonly number[]
  /** The auditor's report as it came. */
  readonly audit: Audit | null
  /** The auditor has sent the tally that it reckoned, which shows who was wrong. */
  readonly shown: boolean
}

/** Where one slice of one group stands. `direct`: whose ballots came to the coordinator itself. */
export type Piece =
  /** The owner collects ballots. */
  | {
      readonly kind: 'at-owner'
      readonly direct: readonly number[]
      readonly audit: Audit | null
      /** The owner is gone or silent: the auditor was asked for its tally. */
      readonly recalled: boolean
    }
  /** The owner's tally is in (or the auditor's); `direct` ballots of others than its voters count besides. */
  | {
      readonly kind: 'tallied'
      readonly by: number
      readonly voters: readonly number[]
      readonly digest: string
      readonly direct: readonly number[]
      readonly audit: Audit | null
      /** comparing: the reports name different voters, whose ballots tell whether they agree otherwise. */
      readonly check: 'awaited' | 'comparing' | 'agreed' | 'none'
    }
  /** No owner (any more): every member sends its ballot of the slice to the coordinator. */
  | {
      readonly kind: 'direct'
      readonly direct: readonly number[]
      readonly again: boolean
      /** A tally was in, and is counted again; it is kept, to find who was wrong. */
      readonly recount: Recount | null
    }

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
      readonly digest: string
    }
  | {
      readonly kind: 'audit'
      readonly from: number
      readonly slice: number
      readonly voters: readonly number[]
      readonly digest: string
    }
  /** The answer to the effect `compare`. */
  | {
      readonly kind: 'compared'
      readonly group: number
      readonly slice: number
      readonly agree: boolean
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
  /**
   * Owner and auditor name different voters, and the ballots of the difference are in: do they
   * agree on the others? Answered by the event `compared`.
   */
  | { readonly kind: 'compare'; readonly group: number; readonly slice: number }
  /** Ask the auditor `to` for its tally of `slice`. */
  | { readonly kind: 'recall'; readonly slice: number; readonly to: readonly number[] }
  /** Ask the members `to` for their ballots of `slice`. */
  | { readonly kind: 'resend'; readonly slice: number; readonly to: readonly number[] }
  | { readonly kind: 'close' }

export type RefusalCode =
  | 'NOT_IN_ROSTER'
  | 'NOT_OWNER'
  | 'NOT_AUDITOR'
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
        ? { kind: 'direct', direct: [], again: false, recount: null }
        : { kind: 'at-owner', direct: [], audit: null, recalled: false },
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
    case 'audit':
      return closing(onAudit(round, event), nowMs)
    case 'compared':
      return closing(onCompared(round, event), nowMs)
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
  return piece.kind === 'direct' && piece.recount === null && piece.direct.includes(from)
}

/** What is counted in each slice once the round has closed. */
export interface SliceOutcome {
  readonly slice: number
  /** By group: whose tally counts, the direct ballots that count besides, and what became of the audit. */
  readonly groups: readonly {
    readonly tally: number | null
    readonly direct: readonly number[]
    readonly audit: 'agreed' | 'none' | 'recounted' | 'disagreed'
  }[]
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
        tally: piece.kind === 'tallied' && voters.length > 0 ? piece.by : null,
        direct: piece.direct.filter((contributor) => !voters.includes(contributor)),
        audit: auditOf(piece),
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

function auditOf(piece: Piece): SliceOutcome['groups'][number]['audit'] {
  if (piece.kind === 'tallied') return piece.check === 'agreed' ? 'agreed' : 'none'
  if (piece.kind === 'direct' && piece.recount) {
    return piece.recount.why === 'disagreement' ? 'disagreed' : 'recounted'
  }
  return 'none'
}

function onTally(round: Round, event: RoundEvent & { kind: 'tally' }): RoundStep {
  const group = groupOf(round.plan, event.from)
  if (group < 0) return refuse(round, 'NOT_IN_ROSTER')
  const { owners, auditors, members } = round.plan.groups[group] as GroupPlan
  if (event.slice >= round.plan.sliceCount) return refuse(round, 'SLICE_UNKNOWN')
  const isAuditor = auditors[event.slice] === event.from
  if ((owners[event.slice] !== event.from && !isAuditor) || members.length === 1) {
    return refuse(round, 'NOT_OWNER')
  }
  if (!event.voters.every((voter) => members.includes(voter))) {
    return refuse(round, 'VOTERS_NOT_IN_GROUP')
  }
  const piece = pieceAt(round, group, event.slice)
  if (piece.kind === 'direct') {
    // What the auditor reckoned shows who was wrong; it counts no more.
    if (!isAuditor || !piece.recount) return refuse(round, 'LATE')
    if (piece.recount.shown) return refuse(round, 'DUPLICATE')
    const shown: Piece = { ...piece, recount: { ...piece.recount, shown: true } }
    return { round: withPiece(round, group, event.slice, shown), effects: [{ kind: 'keep' }] }
  }
  if (piece.kind === 'tallied') return refuse(round, 'DUPLICATE')
  if (isAuditor && !piece.recalled) return refuse(round, 'NOT_OWNER')
  // Nothing is expected of it any more: everybody sent here, left or abstained.
  if (owing(round, group, event.slice).length === 0) return refuse(round, 'LATE')
  const { direct, audit } = piece
  const { voters, digest } = event
  const check = isAuditor ? 'none' : 'awaited'
  const by = event.from
  const tallied: Piece = { kind: 'tallied', by, voters, digest, direct, audit, check }
  const step = audited(withPiece(round, group, event.slice, tallied), group, event.slice)
  return { round: step.round, effects: [{ kind: 'keep' }, ...step.effects] }
}

function onAudit(round: Round, event: RoundEvent & { kind: 'audit' }): RoundStep {
  const group = groupOf(round.plan, event.from)
  if (group < 0) return refuse(round, 'NOT_IN_ROSTER')
  if (event.slice >= round.plan.sliceCount) return refuse(round, 'SLICE_UNKNOWN')
  const { auditors } = round.plan.groups[group] as GroupPlan
  if (auditors[event.slice] !== event.from) return refuse(round, 'NOT_AUDITOR')
  const piece = pieceAt(round, group, event.slice)
  if (piece.kind === 'direct') return refuse(round, 'LATE')
  if (piece.audit) return refuse(round, 'DUPLICATE')
  const audit = { voters: event.voters, digest: event.digest }
  const next = withPiece(round, group, event.slice, { ...piece, audit })
  const step = audited(next, group, event.slice)
  return { round: step.round, effects: [{ kind: 'keep' }, ...step.effects] }
}

/** Both reports are in, or one of them: what follows from it. */
function audited(round: Round, group: number, slice: number): RoundStep {
  const piece = pieceAt(round, group, slice)
  if (piece.kind !== 'tallied' || piece.check !== 'awaited') return { round, effects: [] }
  const { audit } = piece
  const auditor = round.plan.groups[group]?.auditors[slice] as number
  if (!audit) {
    return round.left.has(auditor) ? unaudited(round, group, slice) : { round, effects: [] }
  }
  if (audit.digest === piece.digest) return agreed(round, group, slice)
  const differing = differenceOf(piece.voters, audit.voters)
  if (differing.length === 0) return recounted(round, { group, slice }, 'disagreement')
  const next = withPiece(round, group, slice, { ...piece, check: 'comparing' })
  const to = differing.filter((voter) => !piece.direct.includes(voter))
  if (to.length === 0) return { round: next, effects: [{ kind: 'compare', group, slice }] }
  // A ballot that only one of the two has, and that cannot come any more, proves nothing.
  if (to.some((voter) => round.excused.has(voter))) {
    return recounted(round, { group, slice }, 'disagreement')
  }
  return { round: next, effects: [{ kind: 'resend', slice, to }] }
}

function onCompared(round: Round, event: RoundEvent & { kind: 'compared' }): RoundStep {
  const { group, slice, agree } = event
  const piece = pieceAt(round, group, slice)
  if (piece.kind !== 'tallied' || piece.check !== 'comparing') return { round, effects: [] }
  return agree ? agreed(round, group, slice) : recounted(round, { group, slice }, 'disagreement')
}

function agreed(round: Round, group: number, slice: number): RoundStep {
  const piece = pieceAt(round, group, slice)
  if (piece.kind !== 'tallied') return { round, effects: [] }
  if (round.plan.groups[group]?.recounts.includes(slice)) {
    return recounted(round, { group, slice }, 'planned')
  }
  const next = withPiece(round, group, slice, { ...piece, check: 'agreed' })
  return { round: next, effects: [] }
}

/** The coordinator counts the slice itself, from the ballots of all who have one. */
function recounted(
  round: Round,
  { group, slice }: { group: number; slice: number },
  why: Recount['why'],
): RoundStep {
  const before = pieceAt(round, group, slice)
  if (before.kind !== 'tallied') return { round, effects: [] }
  const { direct, audit } = before
  const more = (audit?.voters ?? []).filter((voter) => !before.voters.includes(voter))
  const recount = { why, voters: [...before.voters, ...more], audit, shown: false }
  const piece: Piece = { kind: 'direct', direct, again: true, recount }
  const next = withPiece(round, group, slice, piece)
  const effects: RoundEffect[] = []
  const auditor = round.plan.groups[group]?.auditors[slice] as number
  if (!round.left.has(auditor)) effects.push({ kind: 'recall', slice, to: [auditor] })
  const to = owing(next, group, slice)
  if (to.length > 0) effects.push({ kind: 'resend', slice, to })
  return { round: next, effects }
}

/** Members of one of the two and not of the other. */
function differenceOf(one: readonly number[], other: readonly number[]): number[] {
  return [
    ...one.filter((each) => !other.includes(each)),
    ...other.filter((each) => !one.includes(each)),
  ]
}

function onBallot(round: Round, event: RoundEvent & { kind: 'ballot' }): RoundStep {
  const group = groupOf(round.plan, event.from)
  if (group < 0) return refuse(round, 'NOT_IN_ROSTER')
  if (event.slice >= round.plan.sliceCount) return refuse(round, 'SLICE_UNKNOWN')
  const piece = pieceAt(round, group, event.slice)
  if (piece.direct.includes(event.from)) return refuse(round, 'DUPLICATE')
  const isWanted =
    piece.kind === 'tallied' && (piece.check === 'awaited' || piece.check === 'comparing')
  if (piece.kind === 'tallied' && piece.voters.includes(event.from) && !isWanted) {
    return refuse(round, 'DUPLICATE')
  }
  const kept = withBallot(piece, event.from)
  const next = withPiece(round, group, event.slice, kept)
  const effects: RoundEffect[] = [{ kind: 'keep' }]
  const { owners, auditors } = round.plan.groups[group] as GroupPlan
  const to = [piece.kind === 'at-owner' ? owners[event.slice] : undefined, auditors[event.slice]]
    .filter((one) => one !== undefined)
    .filter((one) => one !== event.from)
  if ((piece.kind === 'at-owner' || isWanted) && !isReported(piece) && to.length > 0) {
    effects.push({ kind: 'excuse', contributor: event.from, slice: event.slice, to })
  }
  if (kept.kind === 'tallied' && kept.check === 'comparing' && kept.audit) {
    const missing = differenceOf(kept.voters, kept.audit.voters)
    if (missing.every((voter) => kept.direct.includes(voter))) {
      effects.push({ kind: 'compare', group, slice: event.slice })
    }
  }
  return { round: next, effects }
}

/** The auditor waits for nobody any more. */
function isReported(piece: Piece): boolean {
  return piece.kind === 'tallied' && piece.audit !== null
}

/** Literals, as this is made for every ballot: an object spread from another is much larger. */
function withBallot(piece: Piece, from: number): Piece {
  const direct = [...piece.direct, from]
  switch (piece.kind) {
    case 'at-owner':
      return { kind: 'at-owner', direct, audit: piece.audit, recalled: piece.recalled }
    case 'tallied':
      return { ...piece, direct }
    case 'direct':
      return { kind: 'direct', direct, again: piece.again, recount: piece.recount }
  }
}

function onExcused(round: Round, contributor: number, left: boolean): RoundStep {
  const group = groupOf(round.plan, contributor)
  if (group < 0) return { round, effects: [] }
  const known = round.excused.has(contributor)
  if (known && (!left || round.left.has(contributor))) return { round, effects: [] }
  const { members, owners, auditors } = round.plan.groups[group] as GroupPlan
  let next: Round = {
    ...round,
    excused: new Set(round.excused).add(contributor),
    left: left ? new Set(round.left).add(contributor) : round.left,
  }
  const others = members.filter((member) => member !== contributor && !next.left.has(member))
  const to = others.filter((member) => owners.includes(member) || auditors.includes(member))
  const effects: RoundEffect[] =
    known || to.length === 0 ? [] : [{ kind: 'excuse', contributor, slice: null, to }]
  if (left) {
    owners.forEach((_, slice) => {
      const step = withoutMember(next, { group, slice }, contributor)
      next = step.round
      effects.push(...step.effects)
    })
  }
  return { round: next, effects }
}

/** A member has left: as owner, as auditor, or as one whose ballot tells two reports apart. */
function withoutMember(
  round: Round,
  { group, slice }: { group: number; slice: number },
  contributor: number,
): RoundStep {
  const { owners, auditors } = round.plan.groups[group] as GroupPlan
  const piece = pieceAt(round, group, slice)
  if (piece.kind === 'at-owner') {
    const asked = piece.recalled ? auditors[slice] : owners[slice]
    if (asked === contributor) return withoutOwner(round, group, slice)
  }
  if (piece.kind !== 'tallied') return { round, effects: [] }
  if (piece.check === 'awaited' && auditors[slice] === contributor) {
    return unaudited(round, group, slice)
  }
  const isMissed =
    piece.check === 'comparing' &&
    !piece.direct.includes(contributor) &&
    differenceOf(piece.voters, piece.audit?.voters ?? []).includes(contributor)
  return isMissed ? recounted(round, { group, slice }, 'disagreement') : { round, effects: [] }
}

/** The auditor is gone or silent: the owner's tally is taken as it is, unless it is counted again anyway. */
function unaudited(round: Round, group: number, slice: number): RoundStep {
  const piece = pieceAt(round, group, slice)
  if (piece.kind !== 'tallied') return { round, effects: [] }
  if (round.plan.groups[group]?.recounts.includes(slice)) {
    return recounted(round, { group, slice }, 'planned')
  }
  const next = withPiece(round, group, slice, { ...piece, check: 'none' })
  return { round: next, effects: [] }
}

function onTick(round: Round, nowMs: number): RoundStep {
  if (nowMs < round.plan.talliesUntilMs) return { round, effects: [] }
  let next = round
  const effects: RoundEffect[] = []
  round.plan.groups.forEach((_, group) => {
    for (let slice = 0; slice < round.plan.sliceCount; slice++) {
      const step = overdue(next, { group, slice }, nowMs)
      next = step.round
      effects.push(...step.effects)
    }
  })
  return { round: next, effects }
}

/** Reports are due, and after them what was asked for because of them. */
function overdue(
  round: Round,
  { group, slice }: { group: number; slice: number },
  nowMs: number,
): RoundStep {
  const piece = pieceAt(round, group, slice)
  const isLast = nowMs >= round.plan.auditsUntilMs
  if (piece.kind === 'at-owner' && (!piece.recalled || isLast)) {
    return withoutOwner(round, group, slice)
  }
  if (piece.kind === 'tallied' && piece.check === 'awaited') return unaudited(round, group, slice)
  if (piece.kind === 'tallied' && piece.check === 'comparing' && isLast) {
    return recounted(round, { group, slice }, 'disagreement')
  }
  return { round, effects: [] }
}

/**
 * The owner of a slice is gone or silent: an auditor who has reported gives its tally; else the
 * members send the slice to the coordinator.
 */
function withoutOwner(round: Round, group: number, slice: number): RoundStep {
  const piece = pieceAt(round, group, slice)
  if (piece.kind !== 'at-owner') return { round, effects: [] }
  const auditor = round.plan.groups[group]?.auditors[slice]
  if (!piece.recalled && auditor !== undefined && !round.left.has(auditor)) {
    const next = withPiece(round, group, slice, { ...piece, recalled: true })
    return { round: next, effects: [{ kind: 'recall', slice, to: [auditor] }] }
  }
  const direct: Piece = { kind: 'direct', direct: piece.direct, again: true, recount: null }
  const next = withPiece(round, group, slice, direct)
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
  // Nobody need hear any more whom to wait for.
  const kept = step.effects.filter(({ kind }) => kind === 'keep')
  return { round: { ...round, closed: true }, effects: [...kept, { kind: 'close' }] }
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
      return piece.check === 'agreed' || piece.check === 'none'
    case 'at-owner':
      return owing(round, at.group, at.slice).length === 0
    case 'direct':
      return owing(round, at.group, at.slice).length === 0
        ? !awaitsProof(round, at, nowMs)
        : !piece.again && nowMs >= round.plan.ballotsUntilMs
  }
}

/** All ballots are in, and the tally of the auditor that shows who was wrong may still come. */
function awaitsProof(
  round: Round,
  { group, slice }: { group: number; slice: number },
  nowMs: number,
): boolean {
  const piece = pieceAt(round, group, slice)
  if (piece.kind !== 'direct' || !piece.recount || piece.recount.shown) return false
  const auditor = round.plan.groups[group]?.auditors[slice] as number
  return !round.left.has(auditor) && nowMs < round.plan.talliesUntilMs
}

/** Members whose ballot of the slice has not come to the coordinator and may still. */
function owing(round: Round, group: number, slice: number): number[] {
  const piece = pieceAt(round, group, slice)
  const members = round.plan.groups[group]?.members ?? []
  if (piece.kind === 'direct' && piece.recount) {
    const { voters } = piece.recount
    return voters.filter((voter) => !round.excused.has(voter) && !piece.direct.includes(voter))
  }
  return members.filter((member) => !round.excused.has(member) && !piece.direct.includes(member))
}

/**
 * Members who are here and whose report on a slice has not come: owners their tally, auditors their
 * digest. Asked at the tally deadline.
 */
export function withholding(round: Round): Set<number> {
  const { plan, pages, left } = round
  const pieces = pages.flat()
  const silent = plan.groups.flatMap(({ owners, auditors }, group) =>
    (pieces[group] ?? []).flatMap((piece, slice) => {
      const [owner, auditor] = [owners[slice] as number, auditors[slice] as number]
      switch (piece.kind) {
        case 'at-owner':
          // Where everything came here, nothing of the owner is wanted.
          return piece.recalled || owing(round, group, slice).length === 0 ? [] : owner
        case 'tallied':
          return piece.check === 'awaited' ? auditor : []
        case 'direct':
          return piece.recount && !piece.recount.shown ? auditor : []
      }
    }),
  )
  return new Set(silent.filter((member) => !left.has(member)))
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

/** Where a slice of a group stands. @throws Error where there is no such slice. */
export function pieceAt(round: Round, group: number, slice: number): Piece {
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
