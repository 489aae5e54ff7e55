import { describe, expect, test } from 'vitest'
import { chart } from './chart.ts'
import { ProgressLine } from './progress-line.ts'
import { table } from './report.ts'
import type { SimulationResult } from './simulate.ts'

const point = { round: 0, accuracy: 0.1, loss: 2.3, upBytes: 0, downBytes: 0 }
const result: SimulationResult = {
  settings: {} as SimulationResult['settings'],
  d: 1000,
  finalAccuracy: 0.9123,
  bestAccuracy: 0.92,
  classAccuracy: [0.92, 0.9],
  curve: [point, { round: 40, accuracy: 0.9123, loss: 0.3, upBytes: 50_000, downBytes: 100_000 }],
  roundsTo: { '0.9': 40, '0.95': null },
  bytesTo: { '0.9': 150_000, '0.95': null },
  ballots: 400,
  abstained: 0,
  refused: { BALLOT_OVER_BUDGET: 2 },
  stopped: null,
  digest: '',
}
const finished = [{ label: 'a <b>', result, tookMs: 1234 }]

describe('the report', () => {
  test('a row has the figures, in bits per parameter and contributor', () => {
    const lines = table(finished).split('\n')
    expect(lines[1]?.split(/ {2,}/)).toEqual([
      ...['a <b>', '91.23 %', '92.00 %', '40', '–', '0.1', '–', '1.00', '2.00', '1.2 s'],
    ])
    expect(table(finished)).toContain('2 ballots were refused (BALLOT_OVER_BUDGET)')
  })

  test('the chart is an SVG with a line a series in both panels, and escapes labels', () => {
    const svg = chart([...finished, ...finished])
    expect(svg.match(/<polyline/g)).toHaveLength(4)
    expect(svg).toContain('a &lt;b&gt;')
    expect(svg).not.toContain('NaN')
  })

  test('progress says how long is left, not more often than is read', () => {
    let nowMs = 0
    const written: string[] = []
    const output = { isTTY: false, write: (text: string) => written.push(text) }
    const place = { label: 'ssdm', simulation: 2, simulations: 3 }
    const line = new ProgressLine(output, () => nowMs, place)
    for (let round = 1; round <= 10; round++) {
      nowMs += 1000
      line.show({ round, rounds: 100, accuracy: 0.5 })
    }
    expect(written).toEqual([
      '2 of 3: ssdm: round 1 of 100, accuracy 0.5000, 99 s left\n',
      '2 of 3: ssdm: round 6 of 100, accuracy 0.5000, 94 s left\n',
    ])
    expect(line.end()).toBe(10_000)
  })
})
