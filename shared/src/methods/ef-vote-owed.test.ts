import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { generator } from '../random/generator.ts'
import { packSigns } from '../sign/pack.ts'
import { bitsOf, someFloats, someLength } from '../sign/floats.fixture.ts'
import { blockCount, sliceRanges } from '../tally/slices.ts'
import { owe, owePlain } from './ef-vote-owed.ts'
import type { Ballot } from './method.ts'

const input = fc.record({
  seed: fc.nat(),
  d: someLength,
  block: fc.constantFrom(4, 32, 48, 64, 256, 8192),
  count: fc.integer({ min: 1, max: 4 }),
  counted: fc.boolean(),
  bound: fc.constantFrom(1, 10, 0.3),
})

describe('owe', () => {
  it('leaves what the plain reference leaves, to the bit, and other slices as they were', () => {
    fc.assert(
      fc.property(input, ({ seed, d, block, count, counted, bound }) => {
        const random = generator(seed, 2)
        const p = someFloats(seed, d)
        const byte = (below: number) =>
          Uint8Array.from({ length: blockCount(d, block) }, () => random.below(below))
        const ballot: Ballot = {
          kind: 'ballot',
          signs: packSigns(p, () => random.below(2) === 0),
          weights: byte(16),
        }
        const slices = sliceRanges(d, block, count)
        const slice = slices[random.below(slices.length)] ?? { index: 0, start: 0, end: d }
        const at = { slice, block, counted, units: byte(256), bound }
        const [e, plain] = [someFloats(seed + 1, d), someFloats(seed + 1, d)]
        owe(e, { p, ballot }, at)
        owePlain(plain, { p, ballot }, at)
        expect(bitsOf(e).join() === bitsOf(plain).join()).toBe(true)
      }),
      { numRuns: 60 },
    )
  })
})
