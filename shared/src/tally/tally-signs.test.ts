import fc from 'fast-check'
import { expect, it } from 'vitest'
import { generator } from '../random/generator.ts'
import { roundCoins } from '../random/streams.ts'
import { packSignsInto, signWordCount } from '../sign/pack.ts'
import { tallySlice } from './count.ts'
import { packTallySigns } from './tally-signs.ts'

it('the signs of a tally are those of its sums, ties and raggedness included', () => {
  const anyCase = fc.record({
    seed: fc.nat(),
    size: fc.oneof(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 131_000, max: 132_000 })),
    before: fc.integer({ min: 0, max: 3 }),
    block: fc.constantFrom(32, 64, 96, 128, 256),
    voters: fc.integer({ min: 0, max: 9 }),
    weighted: fc.boolean(),
    zero: fc.constantFrom('plus' as const, roundCoins(7, 3, null), (i: number) => i % 3 === 0),
  })
  fc.assert(
    fc.property(anyCase, ({ seed, size, before, block, voters, weighted, zero }) => {
      const random = generator(seed)
      const start = before * block
      const tally = tallySlice(
        { index: 1, start, end: start + size },
        block,
        Array.from({ length: voters }, (_, contributor) => ({
          contributor,
          signs: Uint32Array.from({ length: signWordCount(size) }, () => random.uint32()),
          weights: weighted
            ? Uint8Array.from({ length: Math.ceil(size / block) }, () => random.below(16))
            : null,
        })),
      )
      const words = new Uint32Array(signWordCount(start + size) + 1)
      const fromSums = words.slice()
      packTallySigns(words, tally, zero)
      packSignsInto(fromSums, start, { values: tally.sums, zero })
      expect(words).toEqual(fromSums)
    }),
  )
})
