/** What contributors send: frames, ballots, tallies and vectors. */
import { crc32 } from '@quorate/shared/bytes/crc32'
import type { VectorForm } from '@quorate/shared/methods/method'
import type { Generator } from '@quorate/shared/random/generator'
import { tallySlice } from '@quorate/shared/tally/count'
import { blockCount } from '@quorate/shared/tally/slices'
import { decodeAudit, decodeSignedTally } from '@quorate/shared/wire/audit'
import { encodeAudit, encodeSignedTally } from '@quorate/shared/wire/audit'
import { decodeBallot, decodeProvenBallot } from '@quorate/shared/wire/ballot'
import { encodeBallot, provePayload } from '@quorate/shared/wire/ballot'
import { decodeFrame, encodeFrame, HEADER_BYTES, splitFrames } from '@quorate/shared/wire/frame'
import { decodeTally, encodeTally } from '@quorate/shared/wire/tally'
import { decodeVector, encodeVector } from '@quorate/shared/wire/vector'
import type { Target } from './target.ts'
import { bytesOf, floatsOf, pick, RUN, SLICE, wordsOf } from './target.ts'

const FRAME = new Set([
  ...['FRAME_TOO_SHORT', 'FRAME_TOO_LARGE', 'FRAME_MAGIC', 'FRAME_VERSION', 'FRAME_KIND'],
  ...['FRAME_LENGTH', 'FRAME_CHECKSUM'],
])
export const FRAME_CODES: ReadonlySet<string> = new Set([...FRAME, 'FRAME_RUN', 'FRAME_PAYLOAD'])
const PAYLOAD: ReadonlySet<string> = new Set(['FRAME_PAYLOAD'])
const SIZE = SLICE.end - SLICE.start
const BLOCKS = blockCount(SIZE, RUN.block)
const MOST_VOTERS = 32

/** Length fields and checksum of a frame's header, made right. */
export function sealFrame(bytes: Uint8Array): Uint8Array {
  if (bytes.length < HEADER_BYTES) return bytes
  const sealed = bytes.slice()
  const view = new DataView(sealed.buffer)
  view.setUint32(20, 0, true)
  view.setUint32(24, sealed.length - HEADER_BYTES, true)
  view.setUint32(28, sealed.length - HEADER_BYTES, true)
  const sum = crc32(sealed.subarray(HEADER_BYTES), crc32(sealed.subarray(0, 32)))
  view.setUint32(32, sum, true)
  return sealed
}

function frame(random: Generator): Uint8Array {
  const kind = pick(random, ['ballot', 'tally', 'verdict', 'vector', 'turn'] as const)
  const at = { run: RUN.run, round: random.below(100), attempt: random.below(100), slice: 1 }
  return encodeFrame({ kind, ...at }, bytesOf(random, random.below(200)))
}

function weightsOf(random: Generator): Uint8Array | null {
  return random.below(2) === 0 ? null : bytesOf(random, BLOCKS).map((byte) => byte & 15)
}

const FORMS: readonly VectorForm[] = [
  { kind: 'dense' },
  { kind: 'sparse', k: 20, shared: null },
  { kind: 'sparse', k: 20, shared: () => Uint32Array.from({ length: 20 }, (_, at) => 3 * at) },
  { kind: 'signed', tensors: 4 },
]

function vectorTarget(form: VectorForm): Target {
  const shared = form.kind === 'sparse' && form.shared ? ', drawn' : ''
  return {
    name: `vector, ${form.kind}${shared}`,
    make: (random) => {
      const k = form.kind === 'sparse' ? form.k : 0
      const indices = Uint32Array.from({ length: k }, (_, at) => 40 * at + random.below(40))
      const signs = wordsOf(random, RUN.d)
      switch (form.kind) {
        case 'dense':
          return encodeVector({ kind: 'dense', values: floatsOf(random, RUN.d) }, form, RUN.d)
        case 'sparse':
          return encodeVector({ kind: 'sparse', indices, values: floatsOf(random, k) }, form, RUN.d)
        case 'signed': {
          const scales = floatsOf(random, form.tensors).map(Math.abs)
          return encodeVector({ kind: 'signed', scales, signs }, form, RUN.d)
        }
      }
    },
    read: (bytes) => void decodeVector(bytes, form, { runSeed: 1, round: 2, d: RUN.d }),
    codes: PAYLOAD,
    mostBytes: 100_000,
  }
}

/** Into so many slices a ballot with a proof is cut. */
const PROVEN_SLICES = 4

function proofOf(random: Generator) {
  return { signature: bytesOf(random, 64), path: [bytesOf(random, 16), bytesOf(random, 16)] }
}

export const PAYLOAD_TARGETS: readonly Target[] = [
  {
    name: 'frame',
    make: frame,
    read: (bytes) => void decodeFrame(bytes),
    codes: FRAME,
    seal: sealFrame,
    mostBytes: 20_000,
  },
  {
    name: 'frames, one after the other',
    make: (random) => {
      const frames = Array.from({ length: 1 + random.below(3) }, () => frame(random))
      return Uint8Array.from(frames.flatMap((one) => [...one]))
    },
    read: (bytes) => {
      for (const one of splitFrames(bytes)) decodeFrame(one)
    },
    codes: FRAME,
    mostBytes: 20_000,
  },
  {
    name: 'ballot',
    make: (random) => {
      const signs = wordsOf(random, SIZE)
      const ballot = { contributor: 3, signs, weights: weightsOf(random) }
      return encodeBallot(ballot, SLICE, RUN.block)
    },
    read: (bytes) => void decodeBallot(bytes, { slice: SLICE, block: RUN.block, contributor: 3 }),
    codes: PAYLOAD,
    mostBytes: 20_000,
  },
  {
    name: 'ballot with its proof',
    make: (random) => {
      const ballot = { contributor: 3, signs: wordsOf(random, SIZE), weights: weightsOf(random) }
      return provePayload(encodeBallot(ballot, SLICE, RUN.block), proofOf(random))
    },
    read: (bytes) => {
      const expect = { slice: SLICE, block: RUN.block, contributor: 3, slices: PROVEN_SLICES }
      decodeProvenBallot(bytes, expect)
    },
    codes: PAYLOAD,
    mostBytes: 20_000,
  },
  {
    name: 'tally with its proofs',
    make: (random) => {
      const ballots = Array.from({ length: random.below(6) }, (_, contributor) => {
        return { contributor, signs: wordsOf(random, SIZE), weights: null }
      })
      const signed = ballots.map(() => ({ digest: bytesOf(random, 16), ...proofOf(random) }))
      return encodeSignedTally(tallySlice(SLICE, RUN.block, ballots), signed, PROVEN_SLICES)
    },
    read: (bytes) => {
      const expect = { slice: SLICE, block: RUN.block, maxVoters: MOST_VOTERS }
      decodeSignedTally(bytes, { ...expect, slices: PROVEN_SLICES })
    },
    codes: PAYLOAD,
    mostBytes: 60_000,
  },
  {
    name: 'audit',
    make: (random) => {
      const digest = Buffer.from(bytesOf(random, 32)).toString('hex')
      return encodeAudit({ voters: [1, 4], digest }, [1, 2, 4])
    },
    read: (bytes) => void decodeAudit(bytes, [1, 2, 4]),
    codes: PAYLOAD,
    mostBytes: 20_000,
  },
  {
    name: 'tally',
    make: (random) => {
      const ballots = Array.from({ length: random.below(6) }, (_, contributor) => {
        const weights = bytesOf(random, BLOCKS).map((byte) => byte & 15)
        return { contributor, signs: wordsOf(random, SIZE), weights }
      })
      const plain = random.below(2) === 0
      return encodeTally(
        tallySlice(
          SLICE,
          RUN.block,
          plain ? ballots.map((ballot) => ({ ...ballot, weights: null })) : ballots,
        ),
      )
    },
    read: (bytes) =>
      void decodeTally(bytes, { slice: SLICE, block: RUN.block, maxVoters: MOST_VOTERS }),
    codes: PAYLOAD,
    mostBytes: 50_000,
  },
  ...FORMS.map(vectorTarget),
]
