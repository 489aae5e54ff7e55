import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ballotStatement, helloStatement } from '../keys/statements.ts'
import { tallySlice } from '../tally/count.ts'
import { sliceRanges } from '../tally/slices.ts'
import { decodeAudit, decodeSignedTally, digestOfTally } from './audit.ts'
import { encodeAudit, encodeSignedTally, listingBytes } from './audit.ts'
import { decodeBallot, decodeProvenBallot } from './ballot.ts'
import { FrameError } from './frame.ts'
import { NODE_BYTES, pathLength, proofBytes, rootOf, SliceTree } from './proof.ts'
import { keysOf, signBallot } from './proven.fixture.ts'
import { encodeTally } from './tally.ts'

const slices = sliceRanges(300, 64, 3)
const at = { run: 'r', round: 4, attempt: 9, slices, block: 64 }
const ballotsOf = (contributor: number) =>
  slices.map(({ start, end }) => ({
    contributor,
    signs: new Uint32Array(Math.ceil((end - start) / 32)).fill(contributor * 77),
    weights: null,
  }))
const cast = (contributor: number) => signBallot(contributor, ballotsOf(contributor), at)
const expected = (slice: number, contributor: number) => ({
  ...{ slice: slices[slice] as (typeof slices)[0], block: 64, contributor, slices: 3 },
})

describe('the tree of slices', () => {
  test.each([1, 2, 3, 5, 8, 31, 32])('of %i slices leads each to the same root', (count) => {
    const digests = Array.from({ length: count }, (_, j) => new Uint8Array(NODE_BYTES).fill(j + 1))
    const tree = new SliceTree(digests)
    digests.forEach((digest, j) => {
      const path = tree.path(j)
      expect(path).toHaveLength(pathLength(count))
      expect(rootOf(j, { digest, path })).toEqual(tree.root)
      const other = digests[(j + 1) % count] as Uint8Array
      if (count > 1) expect(rootOf(j, { digest: other, path })).not.toEqual(tree.root)
      if (count > 1) expect(rootOf(j ^ 1, { digest, path })).not.toEqual(tree.root)
    })
  })

  test('a proof of eight slices is 112 bytes', () => {
    expect([1, 2, 8, 32].map(proofBytes)).toEqual([64, 80, 112, 144])
  })
})

describe('a signed ballot', () => {
  test('comes back with what proves it, slice by slice', async () => {
    const { payloads, proven } = await cast(2)
    const { verify, signer } = keysOf(2)
    for (const [j, payload] of payloads.entries()) {
      const read = decodeProvenBallot(payload, expected(j, 2))
      expect(read).toEqual(proven[j])
      const root = rootOf(j, read.signed)
      const statement = ballotStatement({ ...at, contributor: 2, slices: 3, root })
      expect(await verify(signer.publicKey, statement, read.signed.signature)).toBe(true)
      const elsewhere = ballotStatement({ ...at, contributor: 2, slices: 3, attempt: 10, root })
      expect(await verify(signer.publicKey, elsewhere, read.signed.signature)).toBe(false)
      expect(await verify(keysOf(3).signer.publicKey, statement, read.signed.signature)).toBe(false)
    }
  })

  test('with a bit of its votes changed leads to another root', async () => {
    const { payloads } = await cast(2)
    const changed = (payloads[1] as Uint8Array).slice()
    changed[3] = (changed[3] as number) ^ 1
    const read = decodeProvenBallot(changed, expected(1, 2))
    const honest = decodeProvenBallot(payloads[1] as Uint8Array, expected(1, 2))
    expect(rootOf(1, read.signed)).not.toEqual(rootOf(1, honest.signed))
  })

  test('is told from one without a proof', async () => {
    const [payload = new Uint8Array(0)] = (await cast(2)).payloads
    expect(() => decodeBallot(payload, expected(0, 2))).toThrow(FrameError)
    const plain = payload.slice(0, payload.length - proofBytes(3))
    plain[0] = 0
    expect(decodeBallot(plain, expected(0, 2)).contributor).toBe(2)
    expect(() => decodeProvenBallot(plain, expected(0, 2))).toThrow(FrameError)
  })
})

describe('reports', () => {
  test('of an owner come back with their proofs; an auditor of the same has the same digest', async () => {
    const proven = (await Promise.all([1, 2, 3].map(cast))).map(({ proven }) => proven[0])
    const ballots = proven.flatMap((one) => one ?? [])
    const tally = tallySlice(
      slices[0] as (typeof slices)[0],
      64,
      ballots.map(({ ballot }) => ballot),
    )
    const signed = ballots.map((one) => one.signed)
    const payload = encodeSignedTally(tally, signed, 3)
    expect(payload.length).toBe(encodeTally(tally).length + listingBytes(3, 3))
    const read = decodeSignedTally(payload, { ...expected(0, 1), maxVoters: 32 })
    expect(read.tally.voters).toEqual([1, 2, 3])
    expect(read.signed).toEqual(signed)
    expect(read.digest).toBe(digestOfTally(tally))
    const audit = encodeAudit({ voters: [1, 2, 3], digest: read.digest }, [3, 1, 2, 7])
    expect(audit).toHaveLength(36)
    expect(decodeAudit(audit, [3, 1, 2, 7])).toEqual({ voters: [1, 2, 3], digest: read.digest })
  })

  test('that are cut, too long or garbage are coded errors', () => {
    const expectation = { ...expected(0, 1), maxVoters: 32 }
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => {
        for (const read of [
          () => decodeSignedTally(bytes, expectation),
          () => decodeProvenBallot(bytes, expected(0, 1)),
          () => decodeAudit(bytes, [1, 2]),
        ]) {
          try {
            read()
          } catch (error) {
            expect(error).toBeInstanceOf(FrameError)
          }
        }
      }),
      { numRuns: 2000 },
    )
    const mask = new Uint8Array(36)
    mask[0] = 4
    expect(() => decodeAudit(mask, [1, 2])).toThrow(/not of the group/)
  })
})

test('statements of different kinds, runs and connections differ', () => {
  const root = new Uint8Array(NODE_BYTES)
  const texts = [
    helloStatement({ run: 'a', nonce: 'n' }),
    helloStatement({ run: 'a', nonce: 'm' }),
    helloStatement({ run: 'b', nonce: 'n' }),
    ballotStatement({ run: 'a', contributor: 1, round: 1, attempt: 11, slices: 1, root }),
    ballotStatement({ run: 'a', contributor: 2, round: 1, attempt: 11, slices: 1, root }),
    ballotStatement({ run: 'a', contributor: 1, round: 11, attempt: 1, slices: 1, root }),
  ].map((bytes) => Buffer.from(bytes).toString('latin1'))
  expect(new Set(texts).size).toBe(texts.length)
})
