import { describe, expect, test } from 'vitest'
import { fuzz, TARGETS } from './fuzz.ts'
import type { Target } from './target.ts'

/** For each decoder; `npm run soak` tries a million in all. */
const INPUTS = 3000
const SEED = 20261122

describe('a decoder fed with anything refuses it with its code, and allocates within its bound', () => {
  test.each(TARGETS.map((target) => [target.name, target] as const))('%s', (_, target) => {
    const { failure, accepted, inputs } = fuzz(target, INPUTS, SEED)
    expect(failure).toBeNull()
    expect(inputs).toBe(INPUTS)
    expect(accepted, 'what is valid passes').toBeGreaterThan(INPUTS / 20)
  })
})

describe('the fuzzer sees', () => {
  const target = (read: Target['read']): Target => ({
    name: 'a bad decoder',
    make: (random) => Uint8Array.of(4, random.below(256), 0, 0),
    read,
    codes: new Set(['REFUSED']),
    mostBytes: 10_000,
  })

  test('an error without a code of its own', () => {
    const bad = target((bytes) => void new DataView(bytes.buffer).getUint32(0))
    expect(fuzz(bad, INPUTS, SEED).failure).toMatch(/^RangeError/)
  })

  test('an allocation by a length that was only claimed', () => {
    const bad = target((bytes) => {
      if ((bytes[0] ?? 0) > 200) new Uint8Array(1_000_000)
    })
    expect(fuzz(bad, INPUTS, SEED).failure).toMatch(/^Error: allocated \d+ bytes/)
  })

  test('the same with the same seed', () => {
    const [first] = TARGETS
    if (!first) throw new Error('there are targets')
    const [one, other] = [fuzz(first, 500, 3), fuzz(first, 500, 3)]
    expect({ ...other, mostBytes: 0 }).toEqual({ ...one, mostBytes: 0 })
  })
})
