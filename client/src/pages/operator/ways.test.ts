import { noTraffic } from '@quorate/shared/protocol/traffic'
import { expect, test } from 'vitest'
import { waysOf } from './ways.ts'

test('shares are of all slices sent, those of a group of one among them', () => {
  const one = { traffic: { ...noTraffic, slicesDirect: 5, slicesTurn: 1, slicesRelayed: 2 } }
  const other = { traffic: { ...noTraffic, slicesAlone: 2 } }
  expect(waysOf([one, other])).toEqual({ direct: 0.5, turn: 0.1, server: 0.4 })
})

test('where nobody has sent anything there are none', () => {
  expect(waysOf([])).toBeNull()
  expect(waysOf([{ traffic: noTraffic }])).toBeNull()
})
