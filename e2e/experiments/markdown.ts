/** Markdown as prettier would leave it, so that pages are written once. */

/** A table; the first column is text, the others are right-aligned figures. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows]
  const widths = head.map((_, k) => Math.max(3, ...all.map((row) => (row[k] ?? '').length)))
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, k) => padded(row[k] ?? '', width, k)).join(' | ')} |`
  const rule = widths.map((width, k) => (k === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n')
}

function padded(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width)
}

/** A chart of a page: docs/experiments/charts/<name>.svg. */
export function picture(name: string, alternative: string): string {
  return `![${alternative}](charts/${name}.svg)`
}

/** Blocks of a page, an empty line between them. */
export function blocks(...parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null).join('\n\n')
}
