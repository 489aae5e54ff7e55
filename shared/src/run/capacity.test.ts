import { expect, test } from 'vitest'
import { methodSettings } from '../methods/settings.ts'
import { placesOf } from './capacity.ts'

test('a run has as many places as its method and the memory for floats allow', () => {
  const places = (id: string, d: number) => placesOf(methodSettings.parse({ id }), d)
  expect(places('signsgd', 25_450)).toBe(1)
  expect(places('ef-vote', 25_450)).toBeNull()
  // 2²⁹ bytes over 4 × 2²⁰ of a dense vector
  expect(places('sgd', 2 ** 20)).toBe(128)
})
