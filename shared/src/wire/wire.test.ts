import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { generator } from '../random/generator.ts'
import { tallySlice } from '../tally/count.ts'
import type { SliceBallot } from '../tally/slice-ballot.ts'
import { sliceRanges } from '../tally/slices.ts'
import type { Slice } from '../tally/slices.ts'
import type { VectorContribution, VectorForm, Verdict } from '../methods/method.ts'
import { ballotPayloadBytes, decodeBallot, encodeBallot } from './ballot.ts'
import { decodeCheckpoint, encodeCheckpoint, unitsOfCheckpoint } from './checkpoint.ts'
import { decodeFrame, encodeFrame, FrameError, HEADER_BYTES, splitFrames } from './frame.ts'
import { decodeRecord, encodeRecord } from './record.ts'
import { decodeTally, encodeTally, tallyPayloadBytes } from './tally.ts'
import { decodeTurn, encodeTurn } from './turn.ts'
import { decodeVector, encodeVector, vectorPayloadBytes } from './vector.ts'
import { decodeVerdict, encodeVerdict, peekVerdict } from './verdict.ts'

const BLOCK = 64

function ballots(slice: Slice, voters: number, weighted: boolean, seed: number): SliceBallot[] {
  const random = generator(seed)
  const size = slice.end - slice.start
  return Array.from({ length: voters }, (_, n) => {
    const signs = Uint32Array.from({ length: Math.ceil(size / 32) }, () => random.uint32())
    if (size % 32 !== 0) {
      const last = signs.length - 1
      signs[last] = (signs[last] as number) & ((2 ** (size % 32) - 1) >>> 0)
    }
    const blocks = Math.ceil(size / BLOCK)
    const weights = weighted ? Uint8Array.from({ length: blocks }, () => random.below(16)) : null
    return { contributor: 3 * n + 1, signs, weights }
  })
}

const size = fc.integer({ min: 1, max: 700 })
const wholeSlice = (end: number): Slice => ({ index: 0, start: 0, end })

describe('frames', () => {
  const header = { kind: 'ballot', run: 7, round: 8, attempt: 9, slice: 2 } as const

  test('a frame comes back as it was', () => {
    const payload = Uint8Array.of(1, 2, 3)
    const bytes = encodeFrame(header, payload)
    expect(bytes).toHaveLength(HEADER_BYTES + 3)
    const frame = decodeFrame(bytes)
    expect(frame.header).toEqual(header)
    expect([...frame.payload]).toEqual([1, 2, 3])
  })

  test('a flipped bit anywhere is a coded error', () => {
    const bytes = encodeFrame(header, Uint8Array.of(1, 2, 3))
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const broken = bytes.slice()
      broken[bit >> 3] = (broken[bit >> 3] as number) ^ (1 << (bit & 7))
      expect(() => decodeFrame(broken)).toThrow(FrameError)
    }
  })

  test('any bytes are a frame or a coded error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeFrame(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError)
        }
      }),
    )
  })

  test('frames one after the other come apart again, and a torn one is refused', () => {
    const a = encodeFrame(header, Uint8Array.of(1))
    const b = encodeFrame({ ...header, round: 9 }, new Uint8Array(0))
    const both = new Uint8Array([...a, ...b])
    expect([...splitFrames(both)].map((frame) => frame.length)).toEqual([a.length, b.length])
    expect(() => [...splitFrames(both.subarray(0, both.length - 1))]).toThrow(FrameError)
  })
})

test('a ballot slice comes back as it was, in the declared number of bytes', () => {
  fc.assert(
    fc.property(size, fc.boolean(), fc.nat(), (end, weighted, seed) => {
      const slice = wholeSlice(end)
      const [ballot] = ballots(slice, 1, weighted, seed)
      const payload = encodeBallot(ballot as SliceBallot, slice, BLOCK)
      expect(payload).toHaveLength(ballotPayloadBytes(end, BLOCK, weighted))
      expect(decodeBallot(payload, { slice, block: BLOCK, contributor: 1 })).toEqual(ballot)
    }),
  )
})

test('padding bits of a ballot are ignored', () => {
  const slice = wholeSlice(3)
  const decoded = decodeBallot(Uint8Array.of(0, 0xff), { slice, block: BLOCK, contributor: 1 })
  expect(decoded.signs[0]).toBe(0b111)
})

describe('tallies', () => {
  const expectOf = (slice: Slice) => ({ slice, block: BLOCK, maxVoters: 32 })

  test('a tally comes back as it was, in the declared number of bytes', () => {
    const voters = fc.integer({ min: 0, max: 12 })
    fc.assert(
      fc.property(size, voters, fc.boolean(), fc.nat(), (end, count, weighted, seed) => {
        const slice = wholeSlice(end)
        const tally = tallySlice(slice, BLOCK, ballots(slice, count, weighted, seed))
        const payload = encodeTally(tally)
        expect(payload).toHaveLength(tallyPayloadBytes(tally))
        expect(decodeTally(payload, expectOf(slice))).toEqual(tally)
      }),
    )
  })

  test('8 unweighted ballots cost 4 planes, as DESIGN.md counts them', () => {
    const slice = wholeSlice(640)
    const tally = tallySlice(slice, BLOCK, ballots(slice, 8, false, 1))
    expect(tallyPayloadBytes(tally)).toBe(3 + 8 * 4 + (640 / 8) * 4)
  })

  test('any bytes are a tally or a coded error, and never sums beyond the weights', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        try {
          const tally = decodeTally(bytes, expectOf(wholeSlice(100)))
          const greatest = tally.voters.length * 15
          expect(tally.sums.every((sum) => Math.abs(sum) <= greatest)).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(FrameError)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('a voter named twice is refused', () => {
    const slice = wholeSlice(8)
    const bytes = encodeTally(tallySlice(slice, BLOCK, ballots(slice, 2, false, 1)))
    bytes.copyWithin(7, 3, 7)
    expect(() => decodeTally(bytes, expectOf(slice))).toThrow(/ascending/)
  })
})

describe('verdicts', () => {
  const d = 300
  const shape = { run: 2, d, block: BLOCK }
  const blocks = Math.ceil(d / BLOCK)
  const random = generator(5)
  const signs = Uint32Array.from({ length: 10 }, () => random.uint32())
  signs[9] = (signs[9] as number) & 0xfff
  const units = Uint8Array.from({ length: blocks }, (_, b) => 100 + b)
  const slices = sliceRanges(d, BLOCK, 3)
  const sums = new Int32Array(d)
  for (const slice of slices) {
    const greatest = slice.index === 1 ? 3 : 5
    for (let i = slice.start; i < slice.end; i++)
      sums[i] = random.below(2 * greatest + 1) - greatest
  }
  const table = (greatest: number) =>
    Float32Array.from({ length: 2 * greatest + 1 }, (_, i) => (i - greatest) * 0.1)
  const verdicts: Verdict[] = [
    {
      kind: 'signs',
      step: Math.fround(0.003),
      signs,
      valid: [true, false, true],
      nextUnits: units,
    },
    { kind: 'signs', step: Math.fround(0.003), signs, valid: [true], nextUnits: null },
    { kind: 'scaled', steps: units, signs, valid: [true, true, true], nextUnits: units },
    {
      kind: 'sums',
      sums,
      tables: [table(5), table(3)],
      tableOf: Uint8Array.of(0, 1, 0),
      valid: [true, true, true],
      nextUnits: null,
    },
    {
      kind: 'signed',
      ends: Uint32Array.of(7, 8, 290, d),
      steps: Float32Array.of(0.5, 0, 1e-30, 3),
      signs,
      valid: [true],
      nextUnits: null,
    },
    {
      kind: 'sparse',
      indices: Uint32Array.of(0, 1, 255, 256, d - 1),
      steps: Float32Array.of(0.5, -1, 0, 1e-30, 3),
      valid: [true],
      nextUnits: null,
    },
    {
      kind: 'dense',
      steps: Float32Array.from({ length: d }, (_, i) => i / 7 - 20),
      valid: [true],
      nextUnits: null,
    },
    { kind: 'none', valid: [false], nextUnits: units },
  ]

  test.each(verdicts.map((verdict) => [verdict.kind, verdict] as const))(
    'a %s verdict comes back as it was',
    (_, verdict) => {
      const frame = encodeVerdict(shape, { round: 4, attempt: 6 }, verdict)
      const decoded = decodeVerdict(frame, shape)
      expect(decoded).toEqual({ round: 4, attempt: 6, sliceCount: verdict.valid.length, verdict })
      const moves = verdict.kind !== 'none'
      expect(peekVerdict(frame, shape)).toEqual({ round: 4, moves, units: verdict.nextUnits })
    },
  )

  test('a verdict of another run is refused', () => {
    const frame = encodeVerdict(shape, { round: 4, attempt: 6 }, verdicts[0] as Verdict)
    expect(() => decodeVerdict(frame, { ...shape, run: 3 })).toThrow(/run 2, expected 3/)
  })

  test('an EF-Vote verdict with its units costs at most 1.035 · d/8 + 1 KiB', () => {
    const large = 25_450
    const verdict: Verdict = {
      kind: 'signs',
      step: 1,
      signs: new Uint32Array(Math.ceil(large / 32)),
      valid: [true, true, true, true],
      nextUnits: new Uint8Array(Math.ceil(large / 256)),
    }
    const frame = encodeVerdict({ run: 1, d: large, block: 256 }, { round: 0, attempt: 0 }, verdict)
    expect(frame.length).toBeLessThanOrEqual(1.035 * (large / 8) + 1024)
  })

  test('any payload is a verdict or a coded error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (payload) => {
        const header = { kind: 'verdict', run: 2, round: 1, attempt: 1, slice: 0xffff } as const
        for (const read of [decodeVerdict, peekVerdict]) {
          try {
            read(encodeFrame(header, payload), shape)
          } catch (error) {
            expect(error).toBeInstanceOf(FrameError)
          }
        }
      }),
      { numRuns: 2000 },
    )
  })
})

describe('contributions of floats', () => {
  const d = 77
  const at = { runSeed: 3, round: 5, d }
  const signs = Uint32Array.of(0xdeadbeef, 0x12345678, 0x1abc)
  const indices = Uint32Array.of(0, 31, 32, 76)
  const values = Float32Array.of(1, -2, 0.5, 1e30)
  const cases: readonly { form: VectorForm; vector: VectorContribution; bytes: number }[] = [
    {
      form: { kind: 'dense' },
      vector: { kind: 'dense', values: Float32Array.from({ length: d }, (_, i) => i - 40) },
      bytes: 4 * d,
    },
    {
      form: { kind: 'sparse', k: 4, shared: null },
      vector: { kind: 'sparse', indices, values },
      bytes: 4 * 4 + Math.ceil((4 * 7) / 8),
    },
    {
      form: { kind: 'sparse', k: 4, shared: () => indices },
      vector: { kind: 'sparse', indices, values },
      bytes: 4 * 4,
    },
    {
      form: { kind: 'signed', tensors: 2 },
      vector: { kind: 'signed', signs, scales: Float32Array.of(0.25, 0) },
      bytes: 4 * 2 + 10,
    },
  ]

  test.each(cases)('$form.kind come back as they were', ({ form, vector, bytes }) => {
    const payload = encodeVector(vector, form, d)
    expect(payload.length).toBe(bytes)
    expect(payload.length).toBe(vectorPayloadBytes(form, d))
    expect(decodeVector(payload, form, at)).toEqual(vector)
  })
  test.each([NaN, Infinity, -Infinity, 2e30])('a float of %f is refused', (bad) => {
    const payload = encodeVector(
      { kind: 'dense', values: new Float32Array(d).fill(bad, 9, 10) },
      { kind: 'dense' },
      d,
    )
    expect(() => decodeVector(payload, { kind: 'dense' }, at)).toThrow(FrameError)
  })
  test('coordinates out of order, and negative scales, are refused', () => {
    const sparse = { kind: 'sparse', k: 2, shared: null } as const
    const twice = {
      kind: 'sparse',
      indices: Uint32Array.of(5, 5),
      values: values.slice(2),
    } as const
    expect(() => decodeVector(encodeVector(twice, sparse, d), sparse, at)).toThrow(/out of order/)
    const signed = { kind: 'signed', tensors: 1 } as const
    const negative = { kind: 'signed', signs, scales: Float32Array.of(-1) } as const
    expect(() => decodeVector(encodeVector(negative, signed, d), signed, at)).toThrow(/negative/)
  })
  test('any payload is one of the form, or a coded error', () => {
    const forms = cases.map(({ form }) => form)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4 * d }), fc.constantFrom(...forms), (bytes, form) => {
        const cut = bytes.subarray(0, vectorPayloadBytes(form, d))
        for (const payload of [bytes, cut]) {
          try {
            decodeVector(payload, form, at)
          } catch (error) {
            expect(error).toBeInstanceOf(FrameError)
          }
        }
      }),
      { numRuns: 2000 },
    )
  })
})

test('a checkpoint comes back as it was; a parameter that is not finite is refused', () => {
  const parameters = Float32Array.of(1, -0.5, 3e-5)
  const units = Uint8Array.of(9)
  const file = encodeCheckpoint({ round: 12, parameters, units })
  const expect_ = { d: 3, block: BLOCK }
  expect(decodeCheckpoint(file, expect_)).toEqual({ round: 12, parameters, units })
  expect(unitsOfCheckpoint(file)).toEqual(units)
  expect(() => decodeCheckpoint(file, { d: 4, block: BLOCK })).toThrow(FrameError)
  const bad = encodeCheckpoint({ round: 1, parameters: Float32Array.of(NaN, 0, 0), units: null })
  expect(() => decodeCheckpoint(bad, expect_)).toThrow(/parameter 0 is NaN/)
})

test('a ledger record comes back as it was', () => {
  const d = 500
  const slices = sliceRanges(d, BLOCK, 3).map((slice) =>
    tallySlice(slice, BLOCK, ballots(slice, slice.index, true, 4)),
  )
  const record = {
    kind: 'round',
    learningRate: Math.fround(0.01),
    tally: { d, block: BLOCK, slices },
  } as const
  const decoded = decodeRecord(encodeRecord(record), { d, block: BLOCK })
  // Without a voter there is no telling weighted from unweighted.
  expect(decoded).toMatchObject({ kind: 'round', learningRate: record.learningRate })
  expect(decoded.kind === 'round' && decoded.tally.slices.map(({ sums }) => sums)).toEqual(
    slices.map(({ sums }) => sums),
  )
  const opening = { kind: 'calibration', reports: [0.5, 0.25] } as const
  expect(decodeRecord(encodeRecord(opening), { d, block: BLOCK })).toEqual(opening)
})

test('a record of summed floats comes back as it was; any bytes are a record or a coded error', () => {
  const d = 90
  const sums = [
    { kind: 'dense', values: Float32Array.from({ length: d }, (_, i) => i * 1e32) },
    { kind: 'sparse', indices: Uint32Array.of(3, 89), values: Float32Array.of(-1, 2) },
  ] as const
  for (const sum of sums) {
    const vectors = { d, voters: [2, 9, 400], sum }
    const record = { kind: 'vectors', learningRate: Math.fround(0.01), vectors } as const
    expect(decodeRecord(encodeRecord(record), { d, block: BLOCK })).toEqual(record)
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      try {
        decodeRecord(bytes, { d, block: BLOCK })
      } catch (error) {
        expect(error).toBeInstanceOf(FrameError)
      }
    }),
    { numRuns: 2000 },
  )
})

describe('turns', () => {
  const run = 7
  const u32 = fc.integer({ min: 0, max: 0xffffffff })
  const peer = fc.option(fc.stringMatching(/^[!-~]{1,64}$/))
  const settled = fc.record({
    round: u32,
    attempt: u32,
    counted: fc.option(fc.array(fc.boolean(), { minLength: 1, maxLength: 32 })),
  })
  const opening = fc
    .record({
      ...{ round: u32, attempt: u32, learningRateBits: u32, loaded: u32 },
      share: fc.double({ noNaN: true, noDefaultInfinity: true }),
      batch: fc.integer({ min: 1, max: 1024 }),
      ...{ ballotDeadlineMs: u32, tallyDeadlineMs: u32, roundDeadlineMs: u32 },
      members: fc.uniqueArray(u32, { minLength: 1, maxLength: 32 }),
      peers: fc.array(peer, { minLength: 32, maxLength: 32 }),
      places: fc.array(fc.nat(), { minLength: 1, maxLength: 32 }),
    })
    .map(({ members, peers, places, ...rest }) => ({
      ...rest,
      group: members.map((contributor, at) => ({
        contributor,
        peer: peers[at] ?? null,
        key: new Uint8Array(members.length > 1 ? 32 : 0).fill(at),
      })),
      slices: places.length,
      owners: places.map((place) => members[place % members.length] as number),
      auditors: places
        .slice(members.length > 1 ? 0 : places.length)
        .map((place) => members[(place + 1) % members.length] as number),
    }))
  const turn = fc.oneof(
    fc.record({ settled, opening }),
    fc.record({ settled, opening: fc.constant(null) }),
    fc.record({ settled: fc.constant(null), opening }),
  )

  test('a turn comes back as it was, and is at most 2 KiB in a run of our own ids', () => {
    fc.assert(
      fc.property(turn, (turn) => {
        expect(decodeTurn(encodeTurn(run, turn), run)).toEqual(turn)
      }),
    )
    const numbers = Array.from({ length: 32 }, (_, at) => 9968 + at)
    const largest = encodeTurn(run, {
      settled: { round: 1, attempt: 1, counted: numbers.map(() => true) },
      opening: {
        ...{ round: 2, attempt: 2, learningRateBits: 0, loaded: 800, share: 1, batch: 1024 },
        group: numbers.map((contributor) => ({
          contributor,
          peer: `q100-${contributor}-0123456789ab`,
          key: new Uint8Array(32),
        })),
        ...{ slices: 32, owners: numbers, auditors: numbers.toReversed() },
        ...{ ballotDeadlineMs: 1, tallyDeadlineMs: 2, roundDeadlineMs: 3 },
      },
    })
    expect(largest.length).toBeLessThanOrEqual(2 * 1024)
  })

  test('a worked example, byte for byte', () => {
    const frame = encodeTurn(run, {
      settled: { round: 4, attempt: 6, counted: [true, false, true] },
      opening: {
        ...{ round: 5, attempt: 7, learningRateBits: 0x3c23d70a, loaded: 2, share: 1.5, batch: 32 },
        group: [
          { contributor: 3, peer: 'q7-3', key: new Uint8Array(32).fill(1) },
          { contributor: 9, peer: null, key: new Uint8Array(32).fill(2) },
        ],
        ...{ slices: 3, owners: [9, 3, 9], auditors: [3, 9, 3] },
        ...{ ballotDeadlineMs: 2000, tallyDeadlineMs: 4000, roundDeadlineMs: 6000 },
      },
    })
    const { header, payload } = decodeFrame(frame)
    expect(header).toEqual({ kind: 'turn', run, round: 5, attempt: 7, slice: 0xffff })
    const settledBytes = [4, 0, 0, 0, 6, 0, 0, 0, 3, 0b101]
    const terms = [0x0a, 0xd7, 0x23, 0x3c, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 32, 0, 0, 0]
    const deadlines = [0xd0, 7, 0, 0, 0xa0, 15, 0, 0, 0x70, 23, 0, 0]
    const keys = [1, 2].map((byte) => new Array<number>(32).fill(byte))
    const first = [3, 0, 0, 0, 4, ...Buffer.from('q7-3'), ...(keys[0] ?? [])]
    const second = [9, 0, 0, 0, 0, ...(keys[1] ?? [])]
    const places = [3, ...[1, 0], ...[0, 1], ...[1, 0]]
    const group = [2, ...first, ...second, ...places]
    expect([...payload]).toEqual([3, ...settledBytes, ...terms, ...deadlines, ...group])
  })

  test('a turn of another run, and a frame of another kind, are refused', () => {
    const frame = encodeTurn(run, {
      settled: { round: 1, attempt: 1, counted: null },
      opening: null,
    })
    expect(() => decodeTurn(frame, 8)).toThrow(/run 7, expected 8/)
    const ballot = encodeFrame(
      { kind: 'ballot', run, round: 1, attempt: 1, slice: 0 },
      Uint8Array.of(1),
    )
    expect(() => decodeTurn(ballot, run)).toThrow(/a ballot frame/)
  })

  test('any payload, and any turn with bytes changed, cut or added, is a turn or a coded error', () => {
    const header = { kind: 'turn', run, round: 1, attempt: 1, slice: 0xffff } as const
    const readable = (payload: Uint8Array) => {
      try {
        const { settled, opening } = decodeTurn(encodeFrame(header, payload), run)
        expect(settled !== null || opening !== null).toBe(true)
        if (!opening) return
        const members = opening.group.map(({ contributor }) => contributor)
        expect(opening.owners.every((owner) => members.includes(owner))).toBe(true)
        expect(opening.slices).toBe(opening.owners.length)
        expect(opening.batch).toBeGreaterThan(0)
        expect(Number.isFinite(opening.share)).toBe(true)
      } catch (error) {
        expect(error).toBeInstanceOf(FrameError)
      }
    }
    fc.assert(fc.property(fc.uint8Array({ maxLength: 120 }), readable), { numRuns: 2000 })
    const edit = fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) })
    const edits = fc.record({
      bytes: fc.array(edit, { maxLength: 4 }),
      cut: fc.nat({ max: 60 }),
      more: fc.uint8Array({ maxLength: 3 }),
    })
    fc.assert(
      fc.property(turn, edits, (turn, { bytes, cut, more }) => {
        const payload = decodeFrame(encodeTurn(run, turn)).payload.slice()
        for (const { at, byte } of bytes) payload[at % payload.length] = byte
        readable(payload)
        readable(payload.subarray(0, Math.max(0, payload.length - cut)))
        readable(Uint8Array.of(...payload, ...more))
      }),
      { numRuns: 1000 },
    )
  })

  test('behind a verdict in one message, both come apart as they were', () => {
    const verdict = encodeVerdict(
      { run, d: 100, block: BLOCK },
      { round: 4, attempt: 6 },
      { kind: 'none', valid: [false], nextUnits: null },
    )
    const own = encodeTurn(run, {
      settled: { round: 4, attempt: 6, counted: [true] },
      opening: null,
    })
    const message = Uint8Array.of(...verdict, ...own)
    expect([...splitFrames(message)]).toEqual([verdict, own])
  })
})

test('frames of ledgers written before the wire’s second version are read as they were', () => {
  // As version 1 wrote it: run 2, round 4, attempt 6, d = 8, one valid slice, a step of 0.5.
  const written =
    '51720103020000000400000006000000ffff0000000000000900000009000000115d8054010100010000003faa'
  const frame = Uint8Array.from(Buffer.from(written, 'hex'))
  expect(decodeVerdict(frame, { run: 2, d: 8, block: BLOCK })).toMatchObject({
    round: 4,
    verdict: { kind: 'signs', step: 0.5, signs: Uint32Array.of(0b1010_1010) },
  })
})
