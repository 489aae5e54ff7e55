import { withinBudget } from '@quorate/shared/methods/budget'
import { methodSettings } from '@quorate/shared/methods/settings'
import { describe, expect, test } from 'vitest'
import type { AttackTerms } from './attack.ts'
import { gradientScale, lie, lieInFloats } from './attack.ts'

const budget = { kappa: 4, tau: 2 }
const terms: AttackTerms = {
  method: methodSettings.parse({ id: 'ef-vote', ...budget }),
  seed: 1,
  attempt: 1,
  contributor: 3,
  block: 64,
  slices: [{ index: 0, start: 0, end: 128 }],
  units: Uint8Array.of(190, 194),
}
const honest = {
  kind: 'ballot' as const,
  signs: Uint32Array.of(0, 5, 0xffffffff, 9),
  weights: Uint8Array.of(2, 0),
}

describe('a liar', () => {
  test('that flips sends the opposite signs at the honest weights', () => {
    const { signs, weights } = lie('flip', honest, terms)
    expect([...signs]).toEqual([0xffffffff, ~5 >>> 0, 0, ~9 >>> 0])
    expect(weights).toEqual(honest.weights)
  })

  test('that flips loudly is as loud as its budget allows, and 15 without one', () => {
    const { weights } = lie('flip-loud', honest, terms)
    const units = terms.units ?? new Uint8Array()
    expect([...(weights ?? [])]).toEqual([7, 7])
    expect(withinBudget(weights ?? new Uint8Array(), units, budget)).toBe(true)
    const free = { ...terms, method: methodSettings.parse({ id: 'ef-vote', tau: null }) }
    expect([...(lie('flip-loud', honest, free).weights ?? [])]).toEqual([15, 15])
    expect(lie('flip-loud', { ...honest, weights: null }, terms).weights).toBeNull()
  })

  test('that votes at random does otherwise in each round; colluders agree in all of them', () => {
    const later = { ...terms, attempt: 2, contributor: 4 }
    expect(lie('random', honest, terms).signs).not.toEqual(lie('random', honest, later).signs)
    expect(lie('collude', honest, terms).signs).toEqual(lie('collude', honest, later).signs)
  })

  test('that scales turns its gradient around and makes it ten times as large', () => {
    expect(lie('scale', honest, terms)).toEqual(honest)
    expect([gradientScale('scale', terms), gradientScale('flip', terms)]).toEqual([-10, 1])
  })

  test('that bursts does so in one round of twenty, each in another', () => {
    const scales = (contributor: number) =>
      Array.from({ length: 20 }, (_, attempt) => gradientScale('burst', { attempt, contributor }))
    expect(scales(3).indexOf(1e4)).toBe(17)
    expect(scales(4).indexOf(1e4)).toBe(16)
    expect(scales(3).filter((scale) => scale !== 1)).toEqual([1e4])
    expect(lie('burst', honest, terms)).toEqual(honest)
  })

  test('that sends floats turns, redraws and enlarges them', () => {
    const dense = { kind: 'dense', values: Float32Array.of(1, -2, 0.5, 4) } as const
    expect(lieInFloats('flip', dense, terms)).toEqual({
      kind: 'dense',
      values: Float32Array.of(-1, 2, -0.5, -4),
    })
    expect(lieInFloats('flip-loud', dense, terms)).toEqual({
      kind: 'dense',
      values: Float32Array.of(-10, 20, -5, -40),
    })
    const sizes = (attack: 'random' | 'collude', at = terms) => {
      const lied = lieInFloats(attack, dense, at)
      return lied.kind === 'dense' ? [...lied.values] : []
    }
    expect(sizes('random').map(Math.abs)).toEqual([1, 2, 0.5, 4])
    const later = { ...terms, attempt: 2, contributor: 4 }
    expect(sizes('collude')).toEqual(sizes('collude', later))
    const signed = { kind: 'signed', signs: Uint32Array.of(5), scales: Float32Array.of(2) } as const
    expect(lieInFloats('flip-loud', signed, terms)).toEqual({
      kind: 'signed',
      signs: Uint32Array.of(~5),
      scales: Float32Array.of(20),
    })
  })
})
