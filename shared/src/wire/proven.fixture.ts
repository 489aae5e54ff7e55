/** Ballots as a group's members cast them, signed, for tests. */
import { keysOfSecret } from '../keys/ed25519.ts'
import type { Keys } from '../keys/keys.ts'
import { ballotStatement } from '../keys/statements.ts'
import type { SliceBallot } from '../tally/slice-ballot.ts'
import type { Slice } from '../tally/slices.ts'
import { digestOfPayload, encodeBallot, provePayload } from './ballot.ts'
import type { ProvenBallot } from './ballot.ts'
import { SliceTree } from './proof.ts'

const known = new Map<number, Keys>()

/** The keys of contributor `number`. */
export function keysOf(number: number): Keys {
  const keys = known.get(number) ?? keysOfSecret(new Uint8Array(32).fill(number))
  known.set(number, keys)
  return keys
}

/** A ballot of all slices, signed by `by`: payloads to send, and what the others make of them. */
export async function signBallot(
  by: number,
  ballots: readonly SliceBallot[],
  at: {
    readonly run: string
    readonly round: number
    readonly attempt: number
    readonly slices: readonly Slice[]
    readonly block: number
  },
): Promise<{ payloads: Uint8Array[]; proven: ProvenBallot[] }> {
  const { run, round, attempt, slices, block } = at
  const plain = slices.map((slice, j) => encodeBallot(ballots[j] as SliceBallot, slice, block))
  const digests = plain.map((payload, j) => digestOfPayload(j, payload))
  const tree = new SliceTree(digests)
  const contributor = ballots[0]?.contributor ?? by
  const terms = { run, contributor, round, attempt, slices: slices.length, root: tree.root }
  const signature = await keysOf(by).signer.sign(ballotStatement(terms))
  const proofs = slices.map((_, j) => ({ signature, path: tree.path(j) }))
  return {
    payloads: plain.map((payload, j) =>
      provePayload(payload, proofs[j] as (typeof proofs)[number]),
    ),
    proven: ballots.map((ballot, j) => ({
      ballot,
      signed: {
        digest: digests[j] as Uint8Array,
        ...(proofs[j] as (typeof proofs)[number]),
      },
    })),
  }
}
