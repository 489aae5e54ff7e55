/**
 * How a ballot slice proves that its contributor cast it: the contributor signs one root for all
 * slices of its ballot (a Merkle tree over their digests), and every slice travels with that
 * signature and the path from its own digest to the root.
 *
 *     digest of slice j   the first 16 bytes of SHA-256(0 ‖ u16 j ‖ u8 weighted ‖ signs and weights)
 *     of two nodes        the first 16 bytes of SHA-256(1 ‖ left ‖ right)
 *     missing slices, up to a power of two, are 16 zeros
 *
 * 16 bytes: who wants two ballots under one root must find a collision of 2⁶⁴ work within a round.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { SIGNATURE_BYTES } from '../keys/keys.ts'
import type { Reader, Writer } from './cursor.ts'

export const NODE_BYTES = 16

/** What travels with a ballot slice. */
export interface SliceProof {
  /** 64 bytes, under keys/statements.ts `ballotStatement`. */
  readonly signature: Uint8Array
  /** The neighbours on the way from the slice's digest to the root, `pathLength` of them. */
  readonly path: readonly Uint8Array[]
}

/** A slice's digest with its proof: enough to hold a voter to what it cast. */
export interface SignedSlice extends SliceProof {
  /** 16 bytes. */
  readonly digest: Uint8Array
}

/** ⌈log₂ slices⌉. */
export function pathLength(slices: number): number {
  return 32 - Math.clz32(slices - 1)
}

/** Bytes that a proof adds to a ballot slice. */
export function proofBytes(slices: number): number {
  return SIGNATURE_BYTES + NODE_BYTES * pathLength(slices)
}

/** Of slice `index` of a ballot: whether it is weighted, and its signs and weights as they travel. */
export function sliceDigest(index: number, isWeighted: boolean, body: Uint8Array): Uint8Array {
  const head = Uint8Array.of(0, index & 0xff, index >>> 8, isWeighted ? 1 : 0)
  return sha256.create().update(head).update(body).digest().subarray(0, NODE_BYTES)
}

/** The tree over the digests of all slices of one ballot. */
export class SliceTree {
  /** From the digests up to the root. */
  readonly #levels: Uint8Array[][]

  constructor(digests: readonly Uint8Array[]) {
    const width = 2 ** pathLength(digests.length)
    const zeros = new Uint8Array(NODE_BYTES)
    let level = Array.from({ length: width }, (_, j) => digests[j] ?? zeros)
    this.#levels = [level]
    while (level.length > 1) {
      const below = level
      level = Array.from({ length: below.length / 2 }, (_, k) =>
        join(below[2 * k] as Uint8Array, below[2 * k + 1] as Uint8Array),
      )
      this.#levels.push(level)
    }
  }

  get root(): Uint8Array {
    return this.#levels.at(-1)?.[0] as Uint8Array
  }

  path(index: number): Uint8Array[] {
    return this.#levels
      .slice(0, -1)
      .map((level, height) => level[(index >>> height) ^ 1] as Uint8Array)
  }
}

/** The root that slice `index` with this digest and path leads to. */
export function rootOf(
  index: number,
  { digest, path }: Omit<SignedSlice, 'signature'>,
): Uint8Array {
  return path.reduce(
    (node, other, height) => ((index >>> height) & 1 ? join(other, node) : join(node, other)),
    digest,
  )
}

export function writeProof(writer: Writer, { signature, path }: SliceProof): void {
  writer.bytes(signature)
  for (const node of path) writer.bytes(node)
}

/** Copies, so that what they were read from may be used again. @throws FrameError */
export function readProof(reader: Reader, slices: number): SliceProof {
  const signature = reader.bytes(SIGNATURE_BYTES).slice()
  const path = Array.from({ length: pathLength(slices) }, () => reader.bytes(NODE_BYTES).slice())
  return { signature, path }
}

function join(left: Uint8Array, right: Uint8Array): Uint8Array {
  const both = new Uint8Array(1 + 2 * NODE_BYTES)
  both[0] = 1
  both.set(left, 1)
  both.set(right, 1 + NODE_BYTES)
  return sha256(both).subarray(0, NODE_BYTES)
}
