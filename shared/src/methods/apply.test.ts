import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { float32Bits } from '../bytes/float32.ts'
import { packSigns } from '../sign/pack.ts'
import { bitsOf, someFloats, someLength } from '../sign/floats.fixture.ts'
import { sliceRanges } from '../tally/slices.ts'
import { applySignsInWords, applyVerdict, stepsInto } from './apply.ts'
import { gridByte } from './grid.ts'
import type { Verdict } from './method.ts'

const signs = (...values: number[]) => packSigns(Float32Array.from(values), 'plus')
const still = { nextUnits: null }

function signsVerdict(step: number, values: number[], valid = [true]): Verdict {
  return { kind: 'signs', step, signs: signs(...values), valid, ...still }
}

describe('applyVerdict', () => {
  it('descends: the parameters go against the sign', () => {
    const x = Float32Array.of(1, 1)
    applyVerdict(x, signsVerdict(0.25, [1, -1]), sliceRanges(2, 64, 1), 64)
    expect([...x]).toEqual([0.75, 1.25])
  })
  it('is the float32 subtraction, to the bit', () => {
    const float = fc.float({ noNaN: true, min: Math.fround(-1e30), max: Math.fround(1e30) })
    fc.assert(
      fc.property(float, float, (value, step) => {
        const x = Float32Array.of(value)
        applyVerdict(x, signsVerdict(step, [1]), sliceRanges(1, 64, 1), 64)
        const difference = Float32Array.of(value)
        difference[0] = (difference[0] ?? 0) - step
        const exact = difference[0]
        expect(x[0]).toBe(Math.abs(exact) < 2 ** -126 ? 0 : exact)
      }),
    )
  })
  it('is the same by the word as by the coordinate, whatever the slices', () => {
    const input = fc.record({
      x: fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), {
        minLength: 1,
        maxLength: 300,
      }),
      step: fc.float({ noNaN: true, noDefaultInfinity: true }),
      count: fc.integer({ min: 1, max: 5 }),
      seed: fc.array(fc.boolean(), { minLength: 300, maxLength: 300 }),
      // A block of 4 cuts words, as no run does.
      block: fc.constantFrom(4, 64),
    })
    fc.assert(
      fc.property(input, ({ x: values, step, count, seed, block }) => {
        const all = values.map((_, i) => (seed[i] ? 1 : -1))
        const slices = sliceRanges(values.length, block, count)
        const valid = slices.map(({ index }) => index !== 1)
        const [x, reference] = [Float32Array.from(values), Float32Array.from(values)]
        applyVerdict(x, signsVerdict(step, all, valid), slices, block)
        const steps = Float32Array.from(all, (sign) => sign * step)
        applyVerdict(reference, { kind: 'dense', steps, valid, ...still }, slices, block)
        expect([...x].map(float32Bits)).toEqual([...reference].map(float32Bits))
      }),
    )
  })
  it('is the same in WebAssembly as in words, over several tiles and beside what does not move', () => {
    const step = fc.oneof(
      fc.constantFrom(0, -0, 2 ** -149, 2 ** -127, 2 ** -126, 1e-3, 1e38),
      fc.float({ noNaN: true, noDefaultInfinity: true }),
    )
    fc.assert(
      fc.property(fc.nat(), someLength, step, fc.nat(99), (seed, d, size, start) => {
        const slices = [{ index: 0, start: Math.min(start, d), end: d }]
        const [x, reference] = [someFloats(seed, d), someFloats(seed, d)]
        const bits = packSigns(someFloats(seed + 1, d), 'plus')
        const verdict: Verdict = { kind: 'signs', step: size, signs: bits, valid: [true], ...still }
        applyVerdict(x, verdict, slices, 64)
        applySignsInWords(reference, slices[0] ?? { index: 0, start: 0, end: 0 }, {
          signs: bits,
          step: size,
        })
        expect(bitsOf(x).join() === bitsOf(reference).join()).toBe(true)
      }),
      { numRuns: 60 },
    )
  })
  it('rounds a step that is no float32 as plain TypeScript does', () => {
    const x = Float32Array.of(1, 1)
    applyVerdict(x, signsVerdict(0.1, [1, -1]), sliceRanges(2, 64, 1), 64)
    expect([...x]).toEqual([Math.fround(1 - 0.1), Math.fround(1 + 0.1)])
  })
  it('makes −0 and subnormal results +0', () => {
    const x = Float32Array.of(2 ** -126, -(2 ** -126), -0, 2 ** -125)
    const step = 2 ** -127
    applyVerdict(x, signsVerdict(step, [1, -1, 1, 1]), sliceRanges(4, 64, 1), 64)
    expect([...x.slice(0, 3)].map(float32Bits)).toEqual([0, 0, 0])
    expect(x[3]).toBe(1.5 * 2 ** -126)
  })
  it('moves nothing in a slice that was void, nor for a verdict without a step', () => {
    const slices = sliceRanges(96, 64, 2)
    const x = new Float32Array(96).fill(1)
    applyVerdict(x, signsVerdict(0.5, Array<number>(96).fill(1), [false, true]), slices, 64)
    expect([x[0], x[63], x[64], x[95]]).toEqual([1, 1, 0.5, 0.5])
    applyVerdict(x, { kind: 'none', valid: [true, true], ...still }, slices, 64)
    expect(x[95]).toBe(0.5)
  })
  it('takes a step a block, rounded to float32, from the grid', () => {
    const x = new Float32Array(65)
    const steps = Uint8Array.of(gridByte(2 ** 0.25), gridByte(4))
    const plus = signs(...Array<number>(65).fill(1))
    const verdict: Verdict = { kind: 'scaled', steps, signs: plus, valid: [true], ...still }
    applyVerdict(x, verdict, sliceRanges(65, 64, 1), 64)
    expect([x[0], x[63], x[64]]).toEqual([-Math.fround(2 ** 0.25), -Math.fround(2 ** 0.25), -4])
  })
  it('looks sums up in the table of their slice, whose middle is zero', () => {
    const sums = new Int32Array(66)
    sums.set([-1, 0, 1])
    sums.set([2, -2], 64)
    const verdict: Verdict = {
      kind: 'sums',
      sums,
      tables: [Float32Array.of(-2, -1, 0, 1, 2), Float32Array.of(-7, 0, 7)],
      tableOf: Uint8Array.of(1, 0),
      valid: [true, true],
      ...still,
    }
    const x = new Float32Array(66)
    applyVerdict(x, verdict, sliceRanges(66, 64, 2), 64)
    expect([...x.slice(0, 4), ...x.slice(64)]).toEqual([7, 0, -7, 0, -2, 2])
  })
  it('dies on a sum that its table does not have, rather than poison the replica', () => {
    const verdict: Verdict = {
      kind: 'sums',
      sums: Int32Array.of(2),
      tables: [Float32Array.of(-1, 0, 1)],
      tableOf: Uint8Array.of(0),
      valid: [true],
      ...still,
    }
    expect(() => applyVerdict(new Float32Array(1), verdict, sliceRanges(1, 64, 1), 64)).toThrow(
      RangeError,
    )
  })
})

describe('stepsInto', () => {
  it('writes the steps that are taken, and none in slices that are not valid', () => {
    const d = 200
    const verdicts: Verdict[] = [
      { kind: 'dense', steps: Float32Array.from({ length: d }, (_, i) => i / 7) },
      { kind: 'sparse', indices: Uint32Array.of(3, 150), steps: Float32Array.of(0.1, -2) },
      {
        kind: 'sums',
        sums: Int32Array.from({ length: d }, (_, i) => (i % 3) - 1),
        tables: [Float32Array.of(-0.3, 0, 0.3)],
        tableOf: new Uint8Array(3),
      },
      signsVerdict(0.25, Array<number>(d).fill(-1)),
    ].map((step) => ({ ...step, valid: [true, false, true], ...still }) as Verdict)
    for (const verdict of verdicts) {
      if (verdict.kind === 'none') continue
      const slices = sliceRanges(d, 64, 3)
      const steps = new Float32Array(d)
      stepsInto(steps, verdict, slices, 64)
      const x = new Float32Array(d)
      applyVerdict(x, verdict, slices, 64)
      expect([...x]).toEqual([...steps].map((step) => Math.fround(0 - step)))
    }
  })
})
