import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'

export interface ChartSeries {
  readonly label: string
  /** Name of the token that colours it, such as `--accent`. */
  readonly color: string
  readonly values: readonly (number | null)[]
  /** Series of one scale share an axis; the first scale's is at the left, the second's at the right. */
  readonly scale: string
  readonly format: (value: number | null) => string
  /** For the ticks of its axis; `format` without it. */
  readonly formatTick?: (value: number) => string
  /** Fixed range of its scale; without it the range follows the values from zero. */
  readonly range?: readonly [number, number]
}

export interface ChartHandle {
  update(x: readonly number[], series: readonly ChartSeries[]): void
  close(): void
}

/** Draws line charts with a crosshair into `element` and keeps to its width. */
export function drawChart(options: {
  element: HTMLElement
  series: readonly ChartSeries[]
  height: number
  onHover: (index: number | null) => void
}): ChartHandle {
  const { element, series, height, onHover } = options
  const token = tokensOf(element)
  const plot = new uPlot(
    {
      width: Math.max(200, element.clientWidth),
      height,
      padding: [8, 8, 0, 0],
      legend: { show: false },
      cursor: { y: false, drag: { x: true, y: false }, points: { size: 7 } },
      scales: { x: { time: false }, ...scalesOf(series) },
      axes: axesOf(series, token),
      series: [
        {},
        ...series.map(({ label, color, scale }) => ({
          label,
          scale,
          stroke: token(color),
          width: 2,
          spanGaps: true,
          points: { show: false },
        })),
      ],
      hooks: { setCursor: [({ cursor }) => onHover(cursor.idx ?? null)] },
    },
    dataOf([], series),
    element,
  )
  const resize = new ResizeObserver(() =>
    plot.setSize({ width: Math.max(200, element.clientWidth), height }),
  )
  resize.observe(element)
  return {
    update: (x, next) => plot.setData(dataOf(x, next)),
    close() {
      resize.disconnect()
      plot.destroy()
    },
  }
}

function dataOf(x: readonly number[], series: readonly ChartSeries[]): uPlot.AlignedData {
  return [[...x], ...series.map(({ values }) => [...values])]
}

function scalesOf(series: readonly ChartSeries[]): uPlot.Scales {
  return Object.fromEntries(
    series.map(({ scale, range }) => [
      scale,
      {
        range: range
          ? (): uPlot.Range.MinMax => [range[0], range[1]]
          : (_: uPlot, __: number, most: number): uPlot.Range.MinMax => [
              0,
              most > 0 ? most * 1.1 : 1,
            ],
      },
    ]),
  )
}

function axesOf(series: readonly ChartSeries[], token: (name: string) => string): uPlot.Axis[] {
  const look = {
    stroke: token('--ink-soft'),
    font: `12px ${token('--sans')}`,
    ticks: { show: false },
    border: { show: false },
  }
  const scales = [...new Map(series.map((one) => [one.scale, one])).values()].slice(0, 2)
  return [
    { ...look, grid: { show: false }, size: 28 },
    ...scales.map((one, index): uPlot.Axis => ({
      ...look,
      scale: one.scale,
      side: index === 0 ? 3 : 1,
      size: 52,
      grid: index === 0 ? { stroke: token('--line'), width: 1 } : { show: false },
      values: (_, ticks) => ticks.map(one.formatTick ?? one.format),
    })),
  ]
}

function tokensOf(element: HTMLElement): (name: string) => string {
  const style = getComputedStyle(element)
  return (name) => style.getPropertyValue(name).trim()
}
