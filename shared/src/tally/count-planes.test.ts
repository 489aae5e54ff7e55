import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KernelExports } from '../kernels/kernels.ts'
import { kernels } from '../kernels/kernels.ts'
import { generator } from '../random/generator.ts'
import type { Addend, CountShape } from './addend.ts'
import { countPlanesInWords } from './count-planes.ts'
import { countPlanesInWasm, wasmTakesBlock } from './count-planes-wasm.ts'
import { sumsInWasm, sumsInWords, sumsPlain } from './sums.ts'

const wasm = kernels() as KernelExports

/** One count after the other. */
function countPlain(addends: readonly Addend[], { words, block, planes }: CountShape) {
  const counts = Array.from({ length: planes }, () => new Uint32Array(words))
  for (let i = 0; i < 32 * words; i++) {
    let count = 0
    for (const addend of addends) {
      const weight = addend.weights ? (addend.weights[Math.floor(i / block)] as number) : 1
      addend.planes.forEach((plane, k) => {
        count += weight * ((((plane[i >>> 5] as number) >>> (i & 31)) & 1) << k)
      })
    }
    counts.forEach((plane, k) => {
      plane[i >>> 5] = (plane[i >>> 5] as number) | (((count >>> k) & 1) << (i & 31))
    })
  }
  return counts
}

interface Case {
  readonly seed: number
  readonly words: number
  readonly block: number
  readonly ballots: number
  readonly weighted: number
  readonly tallies: number
}

/** Ballots, weighted ballots and tallies of up to four planes, every bit and weight at random. */
function addendsOf({ seed, words, block, ballots, weighted, tallies }: Case): Addend[] {
  const random = generator(seed)
  const plane = () => Uint32Array.from({ length: words }, () => random.uint32())
  const blocks = Math.ceil((32 * words) / block)
  const make = (count: number, one: () => Addend) => Array.from({ length: count }, one)
  const row = () => Uint8Array.from({ length: blocks }, () => random.below(16))
  return [
    ...make(ballots, () => ({ planes: [plane()], weights: null })),
    ...make(weighted, () => ({ planes: [plane()], weights: row() })),
    ...make(tallies, () => ({
      planes: Array.from({ length: random.below(5) }, plane),
      weights: null,
    })),
  ]
}

const anyCase: fc.Arbitrary<Case> = fc.record({
  seed: fc.nat(),
  words: fc.integer({ min: 1, max: 40 }),
  block: fc.constantFrom(64, 128, 256),
  ballots: fc.integer({ min: 0, max: 40 }),
  weighted: fc.integer({ min: 0, max: 40 }),
  tallies: fc.integer({ min: 0, max: 20 }),
})
/** Enough for 40 + 40·15 + 20·15. */
const PLANES = 10

describe('counting in planes', () => {
  it('is the same one by one, in words and in WebAssembly', () => {
    fc.assert(
      fc.property(anyCase, (one) => {
        const addends = addendsOf(one)
        const shape = { words: one.words, block: one.block, planes: PLANES }
        const plain = countPlain(addends, shape)
        expect(countPlanesInWords(addends, shape)).toEqual(plain)
        expect(countPlanesInWasm(wasm, addends, shape)).toEqual(plain)
      }),
      { numRuns: 25 },
    )
  })

  it('is the same across tiles, for any number of voters', () => {
    for (const [ballots, weighted, words] of [
      [3, 0, 4096],
      [9, 1, 4097],
      [17, 2, 4200],
      [1, 17, 8300],
    ] as const) {
      const one = { seed: words, words, block: 256, ballots, weighted, tallies: 3 }
      const shape = { words, block: 256, planes: PLANES }
      const addends = addendsOf(one)
      expect(countPlanesInWasm(wasm, addends, shape)).toEqual(countPlanesInWords(addends, shape))
    }
  })

  it('counts 10,000 voters of the largest weight', () => {
    const planes = [Uint32Array.of(0xffffffff, 0, 1, 0, 0)]
    const weights = Uint8Array.of(15, 15, 15)
    const addends = Array.from({ length: 10_000 }, () => ({ planes, weights }))
    const shape = { words: 5, block: 64, planes: 18 }
    const counts = countPlanesInWasm(wasm, addends, shape)
    const at = { size: 160, block: 64, planes: counts, totals: [150_000, 150_000, 150_000] }
    const sums = sumsPlain(at)
    expect([sums[0], sums[31], sums[32], sums[64], sums[65]]).toEqual([
      150_000, 150_000, -150_000, 150_000, -150_000,
    ])
  })

  it('leaves blocks that are no power of two, or begin within a register, to plain TypeScript', () => {
    expect([32, 64, 96, 192, 256, 131_072, 262_144].map((b) => wasmTakesBlock(wasm, b))).toEqual([
      ...[false, true, false, false],
      ...[true, true, false],
    ])
  })
})

describe('sums of planes', () => {
  it('are the same one by one, in words and in WebAssembly', () => {
    const counts = fc
      .record({
        seed: fc.nat(),
        size: fc.oneof(fc.integer({ min: 1, max: 700 }), fc.integer({ min: 32_700, max: 34_000 })),
        depth: fc.integer({ min: 0, max: 20 }),
        block: fc.constantFrom(64, 256),
        byBlock: fc.boolean(),
      })
      .map(({ seed, size, depth, block, byBlock }) => {
        const random = generator(seed)
        const plane = () =>
          Uint32Array.from({ length: Math.ceil(size / 32) }, () => random.uint32())
        const totals = byBlock ? Math.ceil(size / block) : 1
        return {
          size,
          block,
          planes: Array.from({ length: depth }, plane),
          totals: Array.from({ length: totals }, () => random.below(150_000)),
        }
      })
    fc.assert(
      fc.property(counts, (one) => {
        const plain = sumsPlain(one).join()
        expect(sumsInWords(one).join() === plain).toBe(true)
        expect(sumsInWasm(wasm, one).join() === plain).toBe(true)
      }),
      { numRuns: 15 },
    )
  })
})
