/** What the coordinator sends and keeps: verdicts, turns, records, checkpoints. */
import type { VerdictStep } from '@quorate/shared/methods/method'
import type { Generator } from '@quorate/shared/random/generator'
import { tallySlice } from '@quorate/shared/tally/count'
import { blockCount, sliceRanges } from '@quorate/shared/tally/slices'
import { decodeCheckpoint, encodeCheckpoint } from '@quorate/shared/wire/checkpoint'
import { decodeRecord, encodeRecord } from '@quorate/shared/wire/record'
import type { LedgerRecord } from '@quorate/shared/wire/record'
import { decodeTurn, encodeTurn } from '@quorate/shared/wire/turn'
import { decodeVerdict, encodeVerdict } from '@quorate/shared/wire/verdict'
import { FRAME_CODES, sealFrame } from './payloads.ts'
import type { Target } from './target.ts'
import { bytesOf, floatsOf, pick, RUN, wordsOf } from './target.ts'

const SLICES = 3
const BLOCKS = blockCount(RUN.d, RUN.block)
const ranges = sliceRanges(RUN.d, RUN.block, SLICES)

function stepOf(random: Generator): VerdictStep {
  const signs = wordsOf(random, RUN.d)
  const indices = Uint32Array.from({ length: 9 }, (_, at) => 100 * at + random.below(100))
  const table = floatsOf(random, 1 + 2 * random.below(6))
  const half = (table.length - 1) / 2
  return pick<() => VerdictStep>(random, [
    () => ({ kind: 'none' }),
    () => ({ kind: 'signs', step: 0.5, signs }),
    () => ({ kind: 'scaled', steps: bytesOf(random, BLOCKS), signs }),
    () => ({
      kind: 'signed',
      ends: Uint32Array.of(300, RUN.d),
      steps: floatsOf(random, 2),
      signs,
    }),
    () => ({ kind: 'sparse', indices, steps: floatsOf(random, indices.length) }),
    () => ({ kind: 'dense', steps: floatsOf(random, RUN.d) }),
    () => ({
      kind: 'sums',
      sums: Int32Array.from({ length: RUN.d }, () => random.below(table.length) - half),
      tables: [table],
      tableOf: new Uint8Array(SLICES),
    }),
  ])()
}

function recordOf(random: Generator): LedgerRecord {
  const reports = [...floatsOf(random, random.below(9))]
  const voters = [2, 5, 7]
  const values = floatsOf(random, RUN.d)
  const indices = Uint32Array.of(1, 50, 999)
  return pick<() => LedgerRecord>(random, [
    () => ({ kind: 'calibration', reports }),
    () => {
      const slices = ranges.map((slice) => {
        const size = slice.end - slice.start
        const weights = bytesOf(random, blockCount(size, RUN.block)).map((byte) => byte & 15)
        const ballots = voters.map((contributor) => {
          return { contributor, signs: wordsOf(random, size), weights }
        })
        return tallySlice(slice, RUN.block, ballots)
      })
      return { kind: 'round', learningRate: 0.5, tally: { d: RUN.d, block: RUN.block, slices } }
    },
    () => {
      const sum = { kind: 'dense', values } as const
      return { kind: 'vectors', learningRate: 0.5, vectors: { d: RUN.d, voters, sum } }
    },
    () => {
      const sum = { kind: 'sparse', indices, values: values.subarray(0, 3) } as const
      return { kind: 'vectors', learningRate: 0.5, vectors: { d: RUN.d, voters, sum } }
    },
  ])()
}

function turnOf(random: Generator): Uint8Array {
  const size = 1 + random.below(6)
  const group = Array.from({ length: size }, (_, contributor) => {
    const peer = random.below(3) === 0 ? null : `q7-${contributor}-abc`
    return { contributor, peer, key: bytesOf(random, size > 1 ? 32 : 0) }
  })
  const slices = 1 + random.below(6)
  const counted = Array.from({ length: slices }, () => random.below(2) === 0)
  const settled = { round: 3, attempt: 4, counted: random.below(4) === 0 ? null : counted }
  const opening = {
    ...{ round: 4, attempt: 5, learningRateBits: 0x3c23d70a, loaded: 2, share: 1.5, batch: 8 },
    ...{ group, slices, owners: counted.map((_, at) => at % size) },
    auditors: size > 1 ? counted.map((_, at) => (at + 1) % size) : [],
    ...{ ballotDeadlineMs: 1000, tallyDeadlineMs: 2000, roundDeadlineMs: 3000 },
  }
  const which = random.below(3)
  return encodeTurn(RUN.run, {
    settled: which === 1 ? null : settled,
    opening: which === 0 ? null : opening,
  })
}

export const COORDINATOR_TARGETS: readonly Target[] = [
  {
    name: 'verdict',
    make: (random) => {
      const valid = Array.from({ length: SLICES }, () => random.below(4) > 0)
      const nextUnits = random.below(2) === 0 ? null : bytesOf(random, BLOCKS)
      return encodeVerdict(RUN, { round: 1, attempt: 2 }, { ...stepOf(random), valid, nextUnits })
    },
    read: (bytes) => void decodeVerdict(bytes, RUN),
    codes: FRAME_CODES,
    seal: sealFrame,
    // A table of sums has at most 65,535 entries, and there is room for one before it is read.
    mostBytes: 800_000,
  },
  {
    name: 'turn',
    make: turnOf,
    read: (bytes) => void decodeTurn(bytes, RUN.run),
    codes: FRAME_CODES,
    seal: sealFrame,
    mostBytes: 50_000,
  },
  {
    name: 'record',
    make: (random) => encodeRecord(recordOf(random)),
    read: (bytes) => void decodeRecord(bytes, RUN),
    codes: FRAME_CODES,
    // At most 65,535 voters or reports, and there is room for them before they are read.
    mostBytes: 1_500_000,
  },
  {
    name: 'checkpoint',
    make: (random) => {
      const units = random.below(2) === 0 ? null : bytesOf(random, BLOCKS)
      return encodeCheckpoint({ round: 9, parameters: floatsOf(random, RUN.d), units })
    },
    read: (bytes) => void decodeCheckpoint(bytes, RUN),
    codes: FRAME_CODES,
    mostBytes: 50_000,
  },
]
