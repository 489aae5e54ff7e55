import type { Column, Findings, Reach } from './section.ts'
import { reached } from './section.ts'

/** A section's findings as text: its table, what was reached and the notes. */
export function report(title: string, { columns, rows, reaches, notes }: Findings): string {
  return [
    `\n${title}\n`,
    table(columns, rows),
    ...(reaches.length > 0 ? [''] : []),
    ...reaches.map(reachLine),
    ...notes.map((note) => `  ${note}`),
    '',
  ].join('\n')
}

function table(columns: readonly Column[], rows: Findings['rows']): string {
  const head = columns.map(({ title }) => title)
  const cells = rows.map((row) => columns.map(({ key }) => shown(row[key])))
  const widths = head.map((title, c) =>
    Math.max(...[head, ...cells].map((r) => r[c]?.length ?? title.length)),
  )
  const numeric = columns.map(({ key }) => rows.every((row) => typeof row[key] !== 'string'))
  const line = (texts: readonly string[]) =>
    texts
      .map((text, c) => (numeric[c] ? text.padStart(widths[c] ?? 0) : text.padEnd(widths[c] ?? 0)))
      .join('  ')
      .trimEnd()
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...cells.map(line)].join(
    '\n',
  )
}

function reachLine(reach: Reach): string {
  const { what, value, bound, wanted, unit } = reach
  const mark = reached(reach) ? '✓' : '✗'
  return `${mark} ${what}: ${shown(value)} ${unit} (${bound} ${shown(wanted)})`
}

function shown(value: string | number | undefined): string {
  if (value === undefined) return '–'
  if (typeof value === 'string') return value
  if (Number.isInteger(value)) return value.toLocaleString('en')
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3)
}
