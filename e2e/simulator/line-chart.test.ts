import { expect, test } from 'vitest'
import type { Axis } from './line-chart.ts'
import { lineChart } from './line-chart.ts'

const linear: Axis = { title: 'rounds', scale: 'linear' }
const log: Axis = { title: 'f', scale: 'log' }
const pointsIn = (svg: string) =>
  [...svg.matchAll(/points="([^"]*)"/g)].map(([, points = '']) => points.split(' ').filter(Boolean))

test('a logarithmic axis leaves out what it cannot show, and has powers of ten as ticks', () => {
  const points = [
    [0, 0],
    [1, 100],
    [2, 1],
    [3, NaN],
    [4, 0.01],
  ] as const
  const svg = lineChart([{ x: linear, y: log, lines: [{ label: 'f', points }] }])
  const [line = []] = pointsIn(svg)
  expect(line).toHaveLength(3)
  const heights = line.map((point) => Number(point.split(',')[1]))
  // 100, 1 and .01 are as far from each other.
  expect((heights[1] ?? NaN) - (heights[0] ?? NaN)).toBeCloseTo(
    (heights[2] ?? NaN) - (heights[1] ?? NaN),
    0,
  )
  for (const tick of ['100', '10', '1', '0.1', '0.01']) expect(svg).toContain(`>${tick}</text>`)
})

test('a line has one colour in all panels, in light and in dark', () => {
  const line = (label: string) => ({
    label,
    points: [
      [0, 1],
      [1, 2],
    ] as const,
  })
  const svg = lineChart([
    { x: linear, y: linear, lines: [line('a'), line('b')] },
    { x: linear, y: linear, lines: [line('b')] },
  ])
  const classes = [...svg.matchAll(/<polyline[^>]*class="([^"]*)"/g)].map(([, name]) => name)
  expect(classes).toEqual(['line c0 d0', 'line c1 d0', 'line c1 d0'])
  expect(svg).toContain('prefers-color-scheme:dark')
})

test('a chart without any point is empty axes', () => {
  for (const y of [linear, log]) {
    const svg = lineChart([{ x: linear, y, lines: [{ label: 'a & b', points: [] }] }])
    expect(svg).not.toMatch(/NaN|Infinity/)
    expect(svg).toContain('a &amp; b')
  }
})
