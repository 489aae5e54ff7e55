/** One line; where a series has no point in a panel, it has no line there. */
export interface Line {
  readonly label: string
  readonly points: readonly (readonly [x: number, y: number])[]
}

export interface Axis {
  readonly title: string
  readonly scale: 'linear' | 'log'
  /** Ends of a linear axis, points beyond which are left out; not given: 0 and the largest value. */
  readonly ends?: readonly [number, number]
}

/** A picture's part. Lines of one label have one colour in all panels. */
export interface Panel {
  readonly x: Axis
  readonly y: Axis
  readonly lines: readonly Line[]
  /** What tells it from the others, over it. */
  readonly title?: string
}

/** Told apart also by those who do not see all colours; after Okabe & Ito 2008. */
const COLOURS = {
  light: ['#0072b2', '#d55e00', '#009e73', '#b5568f', '#a67500', '#6a4fc0', '#000000'],
  dark: ['#56b4e9', '#ff8a3d', '#2ecc9a', '#e39ac4', '#e6b422', '#b7a3ff', '#ffffff'],
} as const
const INK = {
  light: { paper: '#ffffff', text: '#1f2328', grid: '#d9dde2' },
  dark: { paper: '#0d1117', text: '#e6edf3', grid: '#30363d' },
} as const
/** A second round of colours is dashed, a third dotted. */
const DASHES = ['none', '7 4', '2 3']
const SIZE = { width: 400, height: 270, left: 58, top: 30, gap: 66, bottom: 48, right: 16 }
const LEGEND_ROW = 19
const TICKS = 5
/** Panels side by side; more make the text small where the picture is shown as wide as a page. */
const COLUMNS = 2

/** Panels, two in a row, over one legend, as an SVG picture that follows the reader's light or dark. */
export function lineChart(panels: readonly Panel[]): string {
  const labels = [...new Set(panels.flatMap(({ lines }) => lines.map(({ label }) => label)))]
  const { width, height, left, top, gap, bottom, right } = SIZE
  const columns = Math.min(COLUMNS, panels.length)
  const rowHeight = top + height + bottom
  const legendTop = rowHeight * Math.ceil(panels.length / columns)
  const rows = Math.ceil(labels.length / columns)
  const fullWidth = left + columns * width + (columns - 1) * gap + right
  const fullHeight = legendTop + LEGEND_ROW * rows
  const drawn = panels.map((panel, k) => {
    const place = {
      left: left + (k % columns) * (width + gap),
      top: top + Math.floor(k / columns) * rowHeight,
    }
    return draw(panel, place, labels)
  })
  const legend = labels.map((label, k) => {
    const x = left + Math.floor(k / rows) * (width + gap)
    const y = legendTop + (k % rows) * LEGEND_ROW
    return (
      `<line x1="${x}" y1="${y}" x2="${x + 28}" y2="${y}" class="${lineClass(k)}"/>` +
      `<text x="${x + 36}" y="${y + 4}">${escaped(label)}</text>`
    )
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${fullWidth} ${fullHeight}" ` +
      `width="${fullWidth}" height="${fullHeight}" font-family="sans-serif" font-size="12">`,
    styles(labels.length),
    '<rect width="100%" height="100%" class="paper"/>',
    ...drawn,
    ...legend,
    '</svg>',
    '',
  ].join('\n')
}

function draw(
  { x: xAxis, y: yAxis, lines, title }: Panel,
  { left, top }: { readonly left: number; readonly top: number },
  labels: readonly string[],
): string {
  const { width, height } = SIZE
  const points = lines.flatMap((line) => line.points)
  const across = scaleOf(
    xAxis,
    points.map(([x]) => x),
  )
  const up = scaleOf(
    yAxis,
    points.map(([, y]) => y),
  )
  const x = (value: number) => (left + width * across.at(value)).toFixed(1)
  const y = (value: number) => (top + height * (1 - up.at(value))).toFixed(1)
  const grid = [
    ...up.ticks.flatMap((tick) => [
      `<line x1="${left}" y1="${y(tick)}" x2="${left + width}" y2="${y(tick)}" class="grid"/>`,
      `<text x="${left - 6}" y="${(Number(y(tick)) + 4).toFixed(1)}" text-anchor="end">${short(tick)}</text>`,
    ]),
    ...across.ticks.map(
      (tick) =>
        `<text x="${x(tick)}" y="${top + height + 16}" text-anchor="middle">${short(tick)}</text>`,
    ),
  ]
  const paths = lines.map(({ label, points: own }) => {
    const path = own
      .filter(([a, b]) => across.shows(a) && up.shows(b))
      .map(([a, b]) => `${x(a)},${y(b)}`)
    return `<polyline points="${path.join(' ')}" class="${lineClass(labels.indexOf(label))}"/>`
  })
  const middle = left + width / 2
  const heading = title === undefined ? yAxis.title : `${title}: ${yAxis.title}`
  return [
    ...grid,
    ...paths,
    `<text x="${left}" y="${top - 14}" font-weight="bold">${escaped(heading)}</text>`,
    `<text x="${middle}" y="${top + height + 34}" text-anchor="middle">${escaped(xAxis.title)}</text>`,
  ].join('\n')
}

interface Scale {
  /** 0..1 along the axis. */
  at(value: number): number
  shows(value: number): boolean
  readonly ticks: readonly number[]
}

function scaleOf({ scale, ends }: Axis, values: readonly number[]): Scale {
  if (scale === 'log') {
    const positive = values.filter((value) => value > 0 && Number.isFinite(value))
    const from = Math.floor(Math.log10(Math.min(...positive, Infinity)))
    const to = Math.ceil(Math.log10(Math.max(...positive, 0)))
    if (!Number.isFinite(from) || !Number.isFinite(to)) return linear(0, 1)
    const span = Math.max(1, to - from)
    const every = Math.ceil(span / (TICKS + 1))
    const exponents = Array.from(
      { length: Math.floor(span / every) + 1 },
      (_, k) => from + k * every,
    )
    return {
      at: (value) => (Math.log10(value) - from) / span,
      shows: (value) => value > 0 && Number.isFinite(value),
      ticks: exponents.map((exponent) => 10 ** exponent),
    }
  }
  const finite = values.filter((value) => Number.isFinite(value))
  const [from, to] = ends ?? [0, Math.max(...finite, 1e-9)]
  return linear(from, to)
}

function linear(from: number, to: number): Scale {
  return {
    at: (value) => (value - from) / (to - from),
    shows: (value) => value >= from && value <= to,
    ticks: Array.from({ length: TICKS + 1 }, (_, k) => from + (k * (to - from)) / TICKS),
  }
}

function styles(lines: number): string {
  const { light, dark } = COLOURS
  const rules = (tone: 'light' | 'dark') => {
    const { paper, text, grid } = INK[tone]
    const colours = tone === 'light' ? light : dark
    const each = colours
      .slice(0, Math.min(lines, colours.length))
      .map((colour, k) => `.c${k}{stroke:${colour}}`)
    return [`.paper{fill:${paper}}`, `text{fill:${text}}`, `.grid{stroke:${grid}}`, ...each].join(
      '',
    )
  }
  const dashes = DASHES.map((dash, k) => `.d${k}{stroke-dasharray:${dash}}`).join('')
  return (
    `<style>polyline,.line{fill:none;stroke-width:1.8}${dashes}${rules('light')}` +
    `@media(prefers-color-scheme:dark){${rules('dark')}}</style>`
  )
}

function lineClass(k: number): string {
  const colours = COLOURS.light.length
  return `line c${k % colours} d${Math.floor(k / colours) % DASHES.length}`
}

/** A tick's number: 0.2, 400, 12k, 3M, 1e-4. */
function short(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e6) return `${Number((value / 1e6).toPrecision(3))}M`
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(3))}k`
  if (size > 0 && size < 1e-3) return value.toExponential(0).replace('e-', 'e−')
  return String(Number(value.toPrecision(3)))
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
