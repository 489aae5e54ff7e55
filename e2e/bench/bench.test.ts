import { describe, expect, it } from 'vitest'
import { BenchError } from './errors.ts'
import { helpText, readCommand } from './flags.ts'
import { phasesOf } from './anatomy/phases.ts'
import { ballotAlone, ballotToOwners, tallyAtMost, verdict } from './bytes/formulas.ts'
import { report } from './report.ts'
import { alternate, median, medianMs, timesFaster } from './timing.ts'

const known = ['counting', 'signing', 'webgpu']

describe('flags', () => {
  it('choose sections, repeats and a file', () => {
    const all = { only: null, jsonPath: null, repeats: 7 }
    expect(readCommand([], known)).toEqual(all)
    const argv = ['--only', 'signing, counting', '--json', 'a.json', '--repeats', '3']
    const some = { only: ['signing', 'counting'], jsonPath: 'a.json', repeats: 3 }
    expect(readCommand(argv, known)).toEqual(some)
    expect(readCommand(['--webgpu'], known)).toEqual({ ...all, only: ['webgpu'] })
    expect(readCommand(['--help'], known)).toBeNull()
    expect(helpText([{ id: 'counting', about: 'tallies' }])).toMatch(/ counting +tallies/)
  })

  it('that do not pass are refused by a code', () => {
    for (const argv of [
      ['--only', 'x'],
      ['--repeats', '0'],
      ['--repeats', 'a'],
      ['--fast'],
      ['x'],
      ['--webgpu', '--only', 'counting'],
    ])
      expect(() => readCommand(argv, known)).toThrow(BenchError)
  })
})

describe('timing', () => {
  it('compares variants within one run, in turn', () => {
    let nowMs = 0
    const order: string[] = []
    const taking = (name: string, ms: number) => ({
      name,
      run: () => {
        order.push(name)
        nowMs += ms
      },
    })
    const timing = alternate([taking('fast', 50), taking('slow', 500)], 3, () => nowMs)
    expect(order.slice(-6)).toEqual(['fast', 'slow', 'fast', 'slow', 'fast', 'slow'])
    expect(medianMs(timing, 'fast')).toBe(50)
    expect(timesFaster(timing, 'fast', 'slow')).toBe(10)
  })

  it('repeats what is too short for a clock', () => {
    let nowMs = 0
    let calls = 0
    const run = () => {
      calls += 1
      nowMs += 0.5
    }
    const timing = alternate([{ name: 'short', run }], 2, () => nowMs)
    expect(medianMs(timing, 'short')).toBe(0.5)
    expect(calls).toBeGreaterThanOrEqual(480)
  })

  it('takes the middle of the sorted values', () => {
    expect(median([9, 1, 2])).toBe(2)
    expect(median([4, 1, 2, 9])).toBe(3)
  })
})

describe('anatomy', () => {
  const marksOf = (round: number, startMs: number, atMs: readonly number[]) =>
    ['computed', 'collected', 'tallied', 'decided', 'stepped'].map((name, at) => ({
      ...{ name, round, atMs: startMs + (atMs[at] ?? NaN) },
    }))

  it('ends each part of a round with whoever was last', () => {
    const one = [...marksOf(6, 900, [0, 0, 0, 0, 100]), ...marksOf(7, 1000, [50, 62, 63, 70, 72])]
    const other = [...marksOf(6, 900, [0, 0, 0, 0, 90]), ...marksOf(7, 1000, [40, 60, 61, 71, 75])]
    const parts = { compute: 50, exchange: 12, tally: 1, verdict: 8, apply: 4 }
    expect(phasesOf([one, other])).toEqual([{ round: 7, whole: 75, ...parts }])
  })

  it('leaves out a round of which somebody has not marked everything', () => {
    const whole = [...marksOf(1, 0, [1, 2, 3, 4, 5]), ...marksOf(2, 5, [1, 2, 3, 4, 5])]
    expect(phasesOf([whole, whole])).toHaveLength(1)
    expect(phasesOf([whole, whole.slice(0, -1)])).toEqual([])
  })
})

it('formulas of bytes count every field', () => {
  // Four blocks of 256, one of them short: slices of 512 and 488 coordinates.
  const shape = { d: 1000, block: 256, members: 2 }
  const ballots = [36 + 1 + 64 + 1, 36 + 1 + 61 + 1]
  expect(ballotAlone(shape)).toBe((ballots[0] ?? 0) + (ballots[1] ?? 0))
  expect(ballotToOwners(shape)).toBe((102 + 99 + 2 * (16 + 64 + 16)) / 2)
  const tallies = [64, 61].map((n) => 36 + 3 + 8 + 2 + 5 * n + 2 * (16 + 64 + 16))
  expect(tallyAtMost(shape)).toBe(((tallies[0] ?? 0) + (tallies[1] ?? 0)) / 2)
  expect(verdict(shape)).toBe(36 + 4 + 4 + 125 + 4)
})

it('a report shows every row, what was reached and what was not', () => {
  const text = report('Counting', {
    columns: [
      { key: 'what', title: 'votes' },
      { key: 'ms', title: 'ms' },
    ],
    rows: [{ what: 'all', ms: 12.3456 }, { what: 'some' }],
    reaches: [
      { what: 'speed', value: 120, bound: 'at least', wanted: 100, unit: '×' },
      { what: 'bytes', value: 2, bound: 'at most', wanted: 1, unit: 'KB' },
    ],
    notes: ['one left out'],
  })
  expect(text.split('\n')).toEqual([
    '',
    'Counting',
    '',
    'votes    ms',
    '─────  ────',
    'all    12.3',
    'some      –',
    '',
    '✓ speed: 120 × (at least 100)',
    '✗ bytes: 2 KB (at most 1)',
    '  one left out',
    '',
  ])
})
