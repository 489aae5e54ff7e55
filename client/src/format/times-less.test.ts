import { expect, test } from 'vitest'
import { timesLess } from './times-less.ts'

test('less is said where it is less, never “1.0×”', () => {
  expect(timesLess(100, 3200)).toBe('32.0')
  expect(timesLess(100, 105)).toBe('1.1')
  expect([timesLess(101, 100), timesLess(100, 104), timesLess(0, 100)]).toEqual([null, null, null])
})
