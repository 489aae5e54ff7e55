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
 * a voter who does not answer, or a signature that does not hold, proves nothing against others.
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
  report.tally.voters.forEach((contributor, k) => {
    const listed = report.signed[k] as SignedSlice
    const own = ballots.get(contributor)
    if (own && !bad.has(contributor) && equal(own.signed.digest, listed.digest)) return
    complete = false
    if (!own || bad.has(contributor)) return
    if (holds(listed, { slice, contributor }, at)) liars.push(contributor)
  })
  if (!complete) return { fault: false, liars }
  const { slice: range, block } = report.tally
  const voted = report.tally.voters.map((voter) => (ballots.get(voter) as ProvenBallot).ballot)
  const counted = digestOfTally(tallySlice(range, block, voted))
  return { fault: counted !== report.digest, liars }
}

/** Whether the voter has signed a ballot of which this is the slice. */
function holds(
  signed: SignedSlice,
  { slice, contributor }: { slice: number; contributor: number },
  { keyOf, ...at }: Attempt,
): boolean {
  const key = keyOf(contributor)
  if (!key) return false
  const statement = ballotStatement({ ...at, root: rootOf(slice, signed) })
  return isSignedBy(key, statement, signed.signature)
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i])
}
