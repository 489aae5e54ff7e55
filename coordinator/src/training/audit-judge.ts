import { mayBeSignedBy } from '@quorate/shared/keys/ed25519'
import { ballotStatement } from '@quorate/shared/keys/statements'
import { tallySlice } from '@quorate/shared/tally/count'
import { digestOfTally } from '@quorate/shared/wire/audit'
import type { SignedTally } from '@quorate/shared/wire/audit'
import type { ProvenBallot } from '@quorate/shared/wire/ballot'
import { rootOf } from '@quorate/shared/wire/proof'
import type { SignedSlice } from '@quorate/shared/wire/proof'
import { isSignedBy } from './signatures.ts'

/** What somebody did that is proven, and costs a strike. */
export interface Fault {
  readonly contributor: number
  readonly code: 'BALLOT_UNSIGNED' | 'EQUIVOCATION' | 'TALLY_WRONG' | 'AUDIT_WRONG'
  readonly detail: string
}

/** A slice of a group that was counted again. */
export interface Case {
  readonly slice: number
  readonly owner: number
  readonly auditor: number
  /** As its sender gave it; null where it did not come. */
  readonly tallyOfOwner: SignedTally | null
  readonly tallyOfAuditor: SignedTally | null
  /** The digest that the auditor had reported. */
  readonly audited: string | null
  /** What came to the coordinator itself, by contributor. */
  readonly ballots: ReadonlyMap<number, ProvenBallot>
}

/** The attempt, and the keys that its members had when it opened. */
export interface Attempt {
  readonly run: string
  readonly round: number
  readonly attempt: number
  readonly slices: number
  readonly keyOf: (contributor: number) => Uint8Array | null
}

/**
 * Who was wrong, as far as it is proven: a voter who has signed two different ballots, and a
 * reckoner whose sum is not that of the signed ballots it lists. Without a proof nobody is blamed:
 * a voter who does not answer proves nothing against others.
 */
export function judge(one: Case, at: Attempt): Fault[] {
  const faults: Fault[] = []
  const unsigned = [...one.ballots.values()].filter(({ ballot, signed }) => {
    return !holds(signed, { slice: one.slice, contributor: ballot.contributor }, at)
  })
  for (const { ballot } of unsigned) {
    faults.push({
      contributor: ballot.contributor,
      code: 'BALLOT_UNSIGNED',
      detail: `slice ${one.slice} came with a signature that is not yours`,
    })
  }
  const bad = new Set(unsigned.map(({ ballot }) => ballot.contributor))
  const reports = [
    { by: one.owner, signed: one.tallyOfOwner, code: 'TALLY_WRONG' },
    { by: one.auditor, signed: one.tallyOfAuditor, code: 'AUDIT_WRONG' },
  ] as const
  for (const contributor of twoFaced(one, at)) {
    const detail = `slice ${one.slice} was signed with two different ballots`
    faults.push({ contributor, code: 'EQUIVOCATION', detail })
  }
  for (const { by, signed, code } of reports) {
    if (!signed) continue
    const { fault, liars } = against(signed, { ...one, bad }, at)
    for (const contributor of liars) {
      const known = faults.some((other) => other.contributor === contributor)
      const detail = `slice ${one.slice} was signed with two different ballots`
      if (!known) faults.push({ contributor, code: 'EQUIVOCATION', detail })
    }
    const broken = code === 'AUDIT_WRONG' && one.audited !== null && one.audited !== signed.digest
    if (!fault && !broken) continue
    const detail = fault
      ? `the sum of slice ${one.slice} is not that of the ballots it lists`
      : `of slice ${one.slice} another sum was reported before`
    faults.push({ contributor: by, code, detail })
  }
  return faults
}

/** Whether a report contradicts the ballots that it lists, and which voters contradict themselves. */
function against(
  report: SignedTally,
  { slice, ballots, bad }: Case & { readonly bad: ReadonlySet<number> },
  at: Attempt,
): { fault: boolean; liars: number[] } {
  const liars: number[] = []
  let complete = true
  let isForged = false
  report.tally.voters.forEach((contributor, k) => {
    const listed = report.signed[k] as SignedSlice
    const own = ballots.get(contributor)
    if (own && !bad.has(contributor) && equal(own.signed.digest, listed.digest)) return
    complete = false
    const of = { slice, contributor }
    if (!mayHold(listed, of, at)) isForged = true
    else if (own && !bad.has(contributor) && holds(listed, of, at)) liars.push(contributor)
  })
  // Nobody's library would have taken that signature: whoever lists it has made it up.
  if (isForged) return { fault: true, liars }
  if (!complete) return { fault: false, liars }
  const { slice: range, block } = report.tally
  const voted = report.tally.voters.map((voter) => (ballots.get(voter) as ProvenBallot).ballot)
  const counted = digestOfTally(tallySlice(range, block, voted))
  return { fault: counted !== report.digest, liars }
}

/** Voters of whom owner and auditor list two ballots, both signed. */
function twoFaced({ slice, tallyOfOwner, tallyOfAuditor }: Case, at: Attempt): number[] {
  const listed = (report: SignedTally | null, contributor: number) =>
    report?.signed[report.tally.voters.indexOf(contributor)]
  return (tallyOfOwner?.tally.voters ?? []).filter((contributor) => {
    const [one, other] = [tallyOfOwner, tallyOfAuditor].map((of) => listed(of, contributor))
    if (!one || !other || equal(one.digest, other.digest)) return false
    return [one, other].every((signed) => holds(signed, { slice, contributor }, at))
  })
}

/** Whether the voter has signed a ballot of which this is the slice. */
function holds(
  signed: SignedSlice,
  of: { readonly slice: number; readonly contributor: number },
  at: Attempt,
): boolean {
  const key = at.keyOf(of.contributor)
  return key !== null && isSignedBy(key, statementOf(signed, of, at), signed.signature)
}

/** Whether any library may take this for the voter's: they differ at the edge of the standard. */
function mayHold(
  signed: SignedSlice,
  of: { readonly slice: number; readonly contributor: number },
  at: Attempt,
): boolean {
  const key = at.keyOf(of.contributor)
  if (!key || holds(signed, of, at)) return true
  return mayBeSignedBy(key, statementOf(signed, of, at), signed.signature)
}

function statementOf(
  signed: SignedSlice,
  { slice, contributor }: { slice: number; contributor: number },
  { run, round, attempt, slices }: Attempt,
): Uint8Array {
  const root = rootOf(slice, signed)
  return ballotStatement({ run, contributor, round, attempt, slices, root })
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i])
}
