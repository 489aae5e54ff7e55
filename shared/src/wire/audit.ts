/**
 * What owners and auditors of slices report to the coordinator.
 *
 *     kind 2, from the owner     the tally (tally.ts), then for each voter in its order the digest of
 *                                its slice (16 bytes) and the proof that came with it (proof.ts)
 *     kind 6, from the auditor   u32 voters, bit k for the group's member k; 32 bytes: the SHA-256 of
 *                                the tally that it has reckoned, as the owner would send it
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { fromHex, toHex } from '../bytes/hex.ts'
import type { Slice } from '../tally/slices.ts'
import type { SliceTally } from '../tally/tally.ts'
import { Reader, Writer } from './cursor.ts'
import { FrameError } from './frame.ts'
import { NODE_BYTES, proofBytes, readProof, writeProof } from './proof.ts'
import type { SignedSlice } from './proof.ts'
import { encodeTally, readTally } from './tally.ts'

const DIGEST_BYTES = 32
/** Of an audit's payload. */
export const AUDIT_BYTES = 4 + DIGEST_BYTES

/** An owner's tally with what proves each voter's part in it. */
export interface SignedTally {
  readonly tally: SliceTally
  /** In the order of `tally.voters`. */
  readonly signed: readonly SignedSlice[]
  /** SHA-256 of the encoded tally, hex: equal for equal votes of equal voters. */
  readonly digest: string
}

/** An auditor's report. */
export interface AuditReport {
  /** Contributor numbers, ascending. */
  readonly voters: readonly number[]
  /** As `SignedTally.digest`. */
  readonly digest: string
}

/** SHA-256 of a tally as it travels, hex. */
export function digestOfTally(tally: SliceTally): string {
  return toHex(sha256(encodeTally(tally)))
}

/** Bytes that the proofs of so many voters add to a tally. */
export function listingBytes(voters: number, slices: number): number {
  return voters * (NODE_BYTES + proofBytes(slices))
}

/** The payload of a tally frame within a group; `signed` in the order of the voters. */
export function encodeSignedTally(
  tally: SliceTally,
  signed: readonly SignedSlice[],
  slices: number,
): Uint8Array {
  const encoded = encodeTally(tally)
  const writer = new Writer(encoded.length + listingBytes(signed.length, slices))
  writer.bytes(encoded)
  for (const one of signed) {
    writer.bytes(one.digest)
    writeProof(writer, one)
  }
  return writer.done()
}

/** The inverse; signatures are not looked at. @throws FrameError */
export function decodeSignedTally(
  payload: Uint8Array,
  expect: { slice: Slice; block: number; maxVoters: number; slices: number },
): SignedTally {
  const reader = new Reader(payload)
  const tally = readTally(reader, expect)
  const digest = toHex(sha256(payload.subarray(0, reader.at)))
  const signed = tally.voters.map((): SignedSlice => {
    const of = reader.bytes(NODE_BYTES).slice()
    return { digest: of, ...readProof(reader, expect.slices) }
  })
  reader.end()
  return { tally, signed, digest }
}

/** The payload of an audit frame; `members` as in the opening, at most 32. */
export function encodeAudit(report: AuditReport, members: readonly number[]): Uint8Array {
  const writer = new Writer(AUDIT_BYTES)
  const mask = members.reduce(
    (bits, member, place) => (report.voters.includes(member) ? bits | (1 << place) : bits),
    0,
  )
  writer.u32(mask >>> 0)
  writer.bytes(fromHex(report.digest))
  return writer.done()
}

/** @throws FrameError */
export function decodeAudit(payload: Uint8Array, members: readonly number[]): AuditReport {
  const reader = new Reader(payload)
  const mask = reader.u32()
  const digest = toHex(reader.bytes(DIGEST_BYTES))
  reader.end()
  const voters = members.filter((_, place) => (mask >>> place) & 1).sort((a, b) => a - b)
  if (members.length < 32 && mask >>> members.length !== 0) {
    throw new FrameError('FRAME_PAYLOAD', 'voters that are not of the group')
  }
  return { voters, digest }
}
