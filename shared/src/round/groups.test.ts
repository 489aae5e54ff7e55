import fc from 'fast-check'
import { expect, test } from 'vitest'
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

test('owners are members of their group, and take turns', () => {
  const [plan] = planGroups([[3, 5]], 4, 1)
  expect(plan?.owners).toEqual([5, 3, 5, 3])
})
