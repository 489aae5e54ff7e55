import { describe, expect, it } from 'vitest'
import { about, bytes, decimal, duration, integer, percent } from './format.ts'

describe('format', () => {
  it('shows what is not known as a dash', () => {
    for (const format of [about, bytes, decimal, duration, integer, percent]) {
      expect(format(null)).toBe('–')
    }
  })

  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [3182, '3.18 kB'],
    [999_499, '999 kB'],
    [999_500, '1 MB'],
    [47_040_000, '47 MB'],
    [2.5e15, '2,500 TB'],
  ])('%d bytes are %s', (value, text) => {
    expect(bytes(value)).toBe(text)
  })

  it.each([
    [0, '0 ms'],
    [2.345, '2.35 ms'],
    [420, '420 ms'],
    [1500, '1.5 s'],
    [9949, '9.9 s'],
    [9950, '10 s'],
    [59_400, '59 s'],
    [60_000, '1 min'],
    [250_000, '4 min 10 s'],
    [750_000, '12 min'],
    [3_600_000, '1 h'],
    [7_500_000, '2 h 5 min'],
    [273_600_000, '3 d 4 h'],
  ])('%d ms last %s', (value, text) => {
    expect(duration(value)).toBe(text)
  })

  it.each([
    [10_000, '< 1 min'],
    [60_000, '1 min'],
    [500_000, '8 min'],
    [3_700_000, '1 hour'],
    [86_400_000, '24 hours'],
    [200_000_000, '2 days'],
  ])('%d ms are about %s', (value, text) => {
    expect(about(value)).toBe(text)
  })

  it('rounds shares to the digits asked for', () => {
    expect(percent(0.9375)).toBe('93.8%')
    expect(percent(0.9375, 0)).toBe('94%')
    expect(percent(1)).toBe('100.0%')
  })

  it('groups thousands and keeps small numbers readable', () => {
    expect(integer(101770)).toBe('101,770')
    expect(decimal(0.0031234)).toBe('0.003123')
  })
})
