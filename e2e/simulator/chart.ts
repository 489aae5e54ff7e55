import type { Panel } from './line-chart.ts'
import { lineChart } from './line-chart.ts'
import type { CurvePoint, SimulationResult } from './simulate.ts'

interface Series {
  readonly label: string
  readonly result: Pick<SimulationResult, 'curve'>
}

/** Accuracy by round and by bytes, as an SVG picture. */
export function chart(series: readonly Series[]): string {
  const panel = (title: string, of: (point: CurvePoint) => number): Panel => ({
    x: { title, scale: 'linear' },
    y: { title: 'accuracy on the test records', scale: 'linear', ends: [0, 1] },
    lines: series.map(({ label, result }) => ({
      label,
      points: result.curve.map((point) => [of(point), point.accuracy] as const),
    })),
  })
  return lineChart([
    panel('decided rounds', ({ round }) => round),
    panel(
      'MB of all contributors, up and down',
      ({ upBytes, downBytes }) => (upBytes + downBytes) / 1e6,
    ),
  ])
}
