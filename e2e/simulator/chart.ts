import type { CurvePoint, SimulationResult } from './simulate.ts'

interface Series {
  readonly label: string
  readonly result: Pick<SimulationResult, 'curve'>
}

/** Told apart also by those who do not see all colours. Source: Okabe & Ito 2008. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000']
/** A second round of colours is dashed. */
const DASHES = ['none', '6 4', '2 3']
const PANEL = { width: 400, height: 280, left: 52, top: 24, gap: 44, bottom: 46 }
const LEGEND_ROW = 18
const TICKS = 5

/** Accuracy by round and by bytes, as an SVG picture. */
export function chart(series: readonly Series[]): string {
  const { width, height, left, top, gap, bottom } = PANEL
  const fullWidth = left + 2 * width + gap + left
  const fullHeight = top + height + bottom + LEGEND_ROW * series.length + 10
  const panels = [
    panel(series, left, { title: 'decided rounds', of: ({ round }) => round }),
    panel(series, left + width + gap, {
      title: 'MB of all contributors, up and down',
      of: ({ upBytes, downBytes }) => (upBytes + downBytes) / 1e6,
    }),
  ]
  const legend = series.map(({ label }, k) => {
    const y = top + height + bottom + k * LEGEND_ROW
    return (
      `<line x1="${left}" y1="${y}" x2="${left + 26}" y2="${y}" ${stroke(k)}/>` +
      `<text x="${left + 34}" y="${y + 4}">${escaped(label)}</text>`
    )
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${fullWidth} ${fullHeight}" ` +
      `width="${fullWidth}" height="${fullHeight}" font-family="sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="${left}" y="15">accuracy on the test records</text>`,
    ...panels,
    ...legend,
    '</svg>',
    '',
  ].join('\n')
}

interface Axis {
  readonly title: string
  readonly of: (point: CurvePoint) => number
}

function panel(series: readonly Series[], left: number, { title, of }: Axis): string {
  const { width, height, top } = PANEL
  const most = Math.max(...series.flatMap(({ result }) => result.curve.map(of)), 1e-9)
  const x = (value: number) => (left + (width * value) / most).toFixed(1)
  const y = (accuracy: number) => (top + height * (1 - accuracy)).toFixed(1)
  const ticks = Array.from({ length: TICKS + 1 }, (_, k) => k / TICKS)
  const grid = ticks.flatMap((tick) => [
    `<line x1="${left}" y1="${y(tick)}" x2="${left + width}" y2="${y(tick)}" stroke="#ddd"/>`,
    `<text x="${left - 6}" y="${Number(y(tick)) + 4}" text-anchor="end">${tick.toFixed(1)}</text>`,
    `<text x="${x(tick * most)}" y="${top + height + 16}" text-anchor="middle">${rounded(tick * most)}</text>`,
  ])
  const lines = series.map(({ result }, k) => {
    const points = result.curve.map((point) => `${x(of(point))},${y(point.accuracy)}`).join(' ')
    return `<polyline points="${points}" fill="none" ${stroke(k)}/>`
  })
  const name = `<text x="${left + width / 2}" y="${top + height + 32}" text-anchor="middle">${title}</text>`
  return [...grid, ...lines, name].join('\n')
}

function stroke(k: number): string {
  const dash = DASHES[Math.floor(k / COLOURS.length) % DASHES.length] ?? 'none'
  return `stroke="${COLOURS[k % COLOURS.length] ?? ''}" stroke-width="1.8" stroke-dasharray="${dash}"`
}

function rounded(value: number): string {
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)))
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
