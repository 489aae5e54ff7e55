import { cutBallot, tallySlice } from '@quorate/shared/tally/count'
import type { SliceBallot } from '@quorate/shared/tally/slice-ballot'
import type { SliceTally } from '@quorate/shared/tally/tally'
import { ballotPayloadBytes, decodeBallot, encodeBallot } from '@quorate/shared/wire/ballot'
import { FrameError } from '@quorate/shared/wire/frame'
import { decodeRecord } from '@quorate/shared/wire/record'
import { encodeTally } from '@quorate/shared/wire/tally'
import type { Witness } from '../witness.ts'
import { sameBytes } from '../witness.ts'
import type { Checker } from './evidence.ts'
import { sizeOf } from './size-of.ts'

/** Ways to put together what liars have sent of one slice; more are not tried. */
const MOST_COMBINATIONS = 1024
/** The flag of a ballot that travels with its proof. */
const PROVEN = 2

/**
 * Every tally that was accepted is the sum of its voters' ballots, weights and all. Whoever sent
 * several different ballots of a slice may be counted with any one of them.
 */
export const talliesExact: Checker = (evidence) => {
  const { witness } = evidence
  const { d, block } = sizeOf(evidence)
  const faults: string[] = []
  for (const { attempt, record } of witness.entries) {
    const decoded = decodeRecord(record, { d, block })
    if (decoded.kind !== 'round') continue
    for (const tally of decoded.tally.slices) {
      if (tally.voters.length > 0 && !isSum(witness, attempt, tally)) {
        const { index } = tally.slice
        faults.push(`attempt ${attempt}, slice ${index}: not the sum of ${tally.voters.join()}`)
      }
    }
  }
  return faults
}

function isSum(witness: Witness, attempt: number, tally: SliceTally): boolean {
  const expected = encodeTally(tally)
  let combinations: SliceBallot[][] = [[]]
  for (const voter of tally.voters) {
    const variants = ballotsOf(witness, { attempt, voter }, tally)
    combinations = combinations.flatMap((some) => variants.map((one) => [...some, one]))
    if (combinations.length > MOST_COMBINATIONS) return false
  }
  return combinations.some((ballots) =>
    sameBytes(encodeTally(tallySlice(tally.slice, tally.block, ballots)), expected),
  )
}

/** What `voter` cast of the slice, and whatever else it has sent as that. */
function ballotsOf(
  witness: Witness,
  { attempt, voter }: { attempt: number; voter: number },
  { slice, block }: SliceTally,
): SliceBallot[] {
  const cast = witness.cast(attempt, voter)?.sent
  if (!cast || cast.kind === 'payload') return []
  const own = cutBallot(cast, slice, block, voter)
  const ownBytes = encodeBallot(own, slice, block)
  const others = witness
    .payloads(attempt, slice.index, voter)
    .map((payload) => withoutProof(payload, slice.end - slice.start, block))
    .filter((payload) => !sameBytes(payload, ownBytes))
    .flatMap((payload) => {
      try {
        return [decodeBallot(payload, { slice, block, contributor: voter })]
      } catch (error) {
        // A liar's bytes that are no ballot count nowhere.
        if (error instanceof FrameError) return []
        throw error
      }
    })
  return [own, ...others]
}

/** As it would travel alone. */
function withoutProof(payload: Uint8Array, size: number, block: number): Uint8Array {
  const flags = payload[0] ?? 0
  if ((flags & PROVEN) === 0) return payload
  const isWeighted = (flags & ~PROVEN) !== 0
  const plain = payload.slice(0, ballotPayloadBytes(size, block, isWeighted))
  plain[0] = flags & ~PROVEN
  return plain
}
