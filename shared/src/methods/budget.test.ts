import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { applyBudget, withinBudget } from './budget.ts'
import { blockWeight } from './ef-vote-contributor.ts'
import { gridByte } from './grid.ts'

const golden = JSON.parse(
  readFileSync(new URL('../../golden/replay_edge.json', import.meta.url), 'utf8'),
) as { weights_rounding: [number, number][] }

const open = { kappa: 4, tau: 2 }
const ones = (blocks: number) => new Uint8Array(blocks).fill(gridByte(1))

describe('blockWeight', () => {
  it('rounds halves to even and stops at 15, as the golden pairs do', () => {
    for (const [loudness, weight] of golden.weights_rounding) {
      expect(blockWeight(loudness, 1)).toBe(weight)
    }
  })
})

describe('the loudness budget', () => {
  it('allows τ·W/κ units a block on average', () => {
    expect(withinBudget(Uint8Array.of(15, 0), ones(2), open)).toBe(true)
    expect(withinBudget(Uint8Array.of(15, 1), ones(2), open)).toBe(false)
    expect(withinBudget(Uint8Array.of(15, 15), ones(2), { kappa: 4, tau: null })).toBe(true)
  })
  it('forgives a millionth', () => {
    const budget = (excess: number) => ({ kappa: 1, tau: 1 / 15 / (1 + excess) })
    expect(withinBudget(Uint8Array.of(1), ones(1), budget(0.9e-6))).toBe(true)
    expect(withinBudget(Uint8Array.of(1), ones(1), budget(1.1e-6))).toBe(false)
  })
  it('scales all weights of a loud slice alike, downwards', () => {
    const weights = Uint8Array.of(15, 10, 5)
    applyBudget(weights, ones(3), open)
    expect([...weights]).toEqual([11, 7, 3])
  })
  it('is kept by every ballot to which it was applied, and touches no quiet one', () => {
    const slice = fc.array(fc.tuple(fc.nat(15), fc.nat(255)), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(slice, (blocks) => {
        const weights = Uint8Array.from(blocks, ([weight]) => weight)
        const units = Uint8Array.from(blocks, ([, unit]) => unit)
        const before = weights.slice()
        const quiet = withinBudget(weights, units, { ...open, tau: open.tau * (1 - 1e-5) })
        applyBudget(weights, units, open)
        expect(withinBudget(weights, units, open)).toBe(true)
        if (quiet) expect(weights).toEqual(before)
      }),
    )
  })
})
