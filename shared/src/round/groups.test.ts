import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { generator } from '../random/generator.ts'
import { formGroups, planGroups } from './groups.ts'

const meshed = (...numbers: number[]) => numbers.map((contributor) => ({ contributor, mesh: true }))

test('nine contributors with groups of eight make two groups without a lone member', () => {
  const groups = formGroups(meshed(1, 2, 3, 4, 5, 6, 7, 8, 9), 8, [])
  expect(groups.flat().sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect(groups).toHaveLength(2)
  expect(groups.every((group) => group.length >= 2)).toBe(true)
})

test('groups stay together while their members are here', () => {
  const before = [
    [1, 2, 3],
    [4, 5, 6],
  ]
  expect(formGroups(meshed(1, 2, 3, 4, 5, 6), 3, before)).toEqual(before)
  expect(formGroups(meshed(1, 2, 3, 4, 6), 3, before)).toEqual([
    [1, 2, 3],
    [4, 6],
  ])
})

test('who cannot use WebRTC is a group of its own', () => {
  const candidates = [...meshed(1, 2), { contributor: 3, mesh: false }]
  expect(formGroups(candidates, 8, [])).toEqual([[1, 2], [3]])
})

test('everyone is in exactly one group, none larger than the size', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(60), { maxLength: 40 }),
      fc.uniqueArray(fc.nat(60), { maxLength: 40 }),
      fc.integer({ min: 1, max: 9 }),
      (first, second, size) => {
        const before = formGroups(meshed(...first), size, [])
        const groups = formGroups(meshed(...second), size, before)
        expect(groups.flat().sort((a, b) => a - b)).toEqual([...second].sort((a, b) => a - b))
        expect(groups.every((group) => group.length >= 1 && group.length <= size)).toBe(true)
      },
    ),
  )
})

describe('the plan of groups', () => {
  const drawing = (seed: number) => ({
    below: (n: number) => generator(seed, 1).below(n),
    recountsPerMillion: 0,
  })

  test('owners and auditors are members of their group, take turns, and are never the same', () => {
    for (let seed = 0; seed < 50; seed++) {
      const chance = generator(seed, 1)
      const [plan] = planGroups([[3, 5, 8]], 6, { ...chance, recountsPerMillion: 0 })
      const { owners = [], auditors = [] } = plan ?? {}
      for (const member of [3, 5, 8]) {
        expect(owners.filter((one) => one === member)).toHaveLength(2)
        expect(auditors.filter((one) => one === member)).toHaveLength(2)
      }
      owners.forEach((owner, slice) => expect(auditors[slice]).not.toBe(owner))
    }
  })

  test('who owns what is not the same in every round', () => {
    const firsts = Array.from({ length: 20 }, (_, seed) => {
      return planGroups([[3, 5, 8]], 3, drawing(seed))[0]?.owners[0]
    })
    expect(new Set(firsts).size).toBe(3)
  })

  test('one alone has no auditor, and is not counted again', () => {
    const all = { below: () => 0, recountsPerMillion: 1_000_000 }
    expect(planGroups([[4]], 2, all)).toEqual([
      { members: [4], owners: [4, 4], auditors: [], recounts: [] },
    ])
    expect(planGroups([[4, 6]], 2, all)[0]?.recounts).toEqual([0, 1])
  })
})
